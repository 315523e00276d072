import { computed } from "vue";
import { useI18n } from "vue-i18n";

const DAY_MS = 86_400_000;

/** Making these takes longer than using them a hundred times. */
const madeFormats = new Map<string, ReturnType<typeof makeFormats>>();

function formatsOf(locale: string): ReturnType<typeof makeFormats> {
  const made = madeFormats.get(locale) ?? makeFormats(locale);
  madeFormats.set(locale, made);
  return made;
}

function makeFormats(locale: string) {
  return {
    clock: new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" }),
    weekday: new Intl.DateTimeFormat(locale, { weekday: "short" }),
    date: new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" }),
    dateOfYear: new Intl.DateTimeFormat(locale, { dateStyle: "medium" }),
    day: new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" }),
    dayOfYear: new Intl.DateTimeFormat(locale, { dateStyle: "full" }),
    full: new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" }),
    relative: new Intl.RelativeTimeFormat(locale, { numeric: "auto" }),
  };
}

/** Times as people of the chosen language write them, on this device's clock and in its zone. */
export function useTimes() {
  const { locale } = useI18n();
  const formats = computed(() => formatsOf(regionOf(locale.value)));

  /** How many midnights ago. */
  const daysAgo = (at: Date): number =>
    Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / DAY_MS);
  const isThisYear = (at: Date): boolean => at.getFullYear() === new Date().getFullYear();

  return {
    /** 14:05 */
    clock: (iso: string): string => formats.value.clock.format(new Date(iso)),
    /** All of it, for hovering and for screen readers. */
    full: (iso: string): string => formats.value.full.format(new Date(iso)),
    /** As short as it can be: 14:05, Yesterday, Tue, 3 Mar, 3 Mar 2024. */
    brief(iso: string): string {
      const at = new Date(iso);
      const ago = daysAgo(at);
      if (ago <= 0) return formats.value.clock.format(at);
      if (ago === 1) return capital(formats.value.relative.format(-1, "day"));
      if (ago < 7) return formats.value.weekday.format(at);
      return (isThisYear(at) ? formats.value.date : formats.value.dateOfYear).format(at);
    },
    /** The heading of a day: Today, Yesterday, Tuesday 3 March. */
    day(iso: string): string {
      const at = new Date(iso);
      const ago = daysAgo(at);
      if (ago === 0 || ago === 1) return capital(formats.value.relative.format(-ago, "day"));
      return (isThisYear(at) ? formats.value.day : formats.value.dayOfYear).format(at);
    },
  };
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

/** English is the app's language; whether 2:05 PM or 14:05 is for the reader's own English to say. */
function regionOf(language: string): string {
  return navigator.languages.find((name) => name === language || name.startsWith(`${language}-`)) ?? language;
}
