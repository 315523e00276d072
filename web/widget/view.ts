import { element, icon } from "./dom.ts";
import { keepFocus } from "./focus.ts";
import css from "./style.css?inline";
import type { Texts } from "./texts.ts";

const SPEECH = "M20 4H4a2 2 0 0 0-2 2v15l4-4h14a2 2 0 0 0 2-2V6a2 2 0 0 0-2-2z";
const CROSS = "M6 6l12 12M18 6L6 18";
const PLANE = "M4 12l16-8-6 16-3-7z";
/** From here on the badge says no more. */
const MANY = 99;

export interface ViewDeps {
  readonly texts: Texts;
  readonly locale: string;
  readonly title: string;
  readonly theme: string;
  readonly side: string;
  readonly onToggle: (isOpen: boolean) => void;
  /** Answers whether the text was taken. */
  readonly onSend: (text: string) => Promise<boolean>;
  readonly onInput: (text: string) => void;
  readonly onOlder: () => void;
}

/** Everything that is seen. It stands in a shadow root with a style sheet that is made by script, so that neither side's styles reach the other, and the page's policy need not allow styles. */
export function createView({ texts, locale, title, theme, side, onToggle, onSend, onInput, onOlder }: ViewDeps) {
  const host = element("parley-widget" as "div", { lang: locale, "data-theme": theme, "data-side": side });
  const root = host.attachShadow({ mode: "open", delegatesFocus: false });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];

  const badge = element("span", { class: "badge", hidden: "" });
  const launcher = element(
    "button",
    { type: "button", class: "launcher", "aria-haspopup": "dialog" },
    icon(SPEECH),
    badge,
  );
  const close = element("button", { type: "button", class: "icon", "aria-label": texts.close }, icon(CROSS));
  const rows = element("div", { class: "rows" });
  const older = element("button", { type: "button", class: "small older", hidden: "" }, texts.older);
  const welcome = element("p", { class: "welcome" }, texts.welcome);
  const log = element(
    "div",
    { class: "log", role: "log", tabindex: "0", "aria-label": texts.messages },
    older,
    welcome,
    rows,
  );
  const note = element("p", { class: "state", role: "status" });
  const typing = element("p", { class: "typing", "aria-live": "polite" });
  const field = element("textarea", { rows: "1", "aria-label": texts.field, placeholder: texts.field, dir: "auto" });
  const send = element("button", { type: "submit", class: "icon send", "aria-label": texts.send }, icon(PLANE));
  const form = element("form", {}, field, send);
  const heading = element("h2", { id: "title" }, title);
  const panel = element(
    "div",
    { class: "panel", id: "panel", role: "dialog", "aria-modal": "true", "aria-labelledby": "title", hidden: "" },
    element("div", { class: "head" }, heading, close),
    note,
    log,
    typing,
    form,
  );
  root.append(panel, launcher);

  const isOpen = (): boolean => !panel.hidden;
  const isAtEnd = (): boolean => log.scrollTop + log.clientHeight >= log.scrollHeight - 40;

  function toggle(open: boolean): void {
    if (open === isOpen()) return;
    panel.hidden = !open;
    launcher.setAttribute("aria-expanded", String(open));
    if (open) log.scrollTop = log.scrollHeight;
    onToggle(open);
  }
  function grow(): void {
    field.style.blockSize = "auto";
    field.style.blockSize = `${field.scrollHeight}px`;
  }
  async function submit(): Promise<void> {
    const text = field.value.trim();
    if (text === "" || send.disabled) return;
    send.disabled = true;
    const isTaken = await onSend(text);
    send.disabled = false;
    if (!isTaken) return;
    // What was typed meanwhile stays.
    if (field.value.trim() === text) field.value = "";
    onInput(field.value);
    grow();
    log.scrollTop = log.scrollHeight;
  }

  launcher.setAttribute("aria-expanded", "false");
  launcher.setAttribute("aria-controls", "panel");
  launcher.addEventListener("click", () => {
    toggle(!isOpen());
    if (isOpen()) field.focus();
  });
  const shut = (): void => {
    toggle(false);
    launcher.focus();
  };
  close.addEventListener("click", shut);
  keepFocus(panel, shut);
  older.addEventListener("click", onOlder);
  log.addEventListener("scroll", () => {
    if (log.scrollTop < 80 && !older.hidden) onOlder();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit();
  });
  field.addEventListener("input", () => {
    grow();
    onInput(field.value);
  });
  field.addEventListener("keydown", (event) => {
    // A page around it has keys of its own.
    if (event.key !== "Escape" && event.key !== "Tab") event.stopPropagation();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void submit();
  });

  return {
    host,
    rows,
    isOpen,
    open: () => toggle(true),
    close: () => toggle(false),
    setDraft(text: string): void {
      field.value = text;
      grow();
    },
    setUnread(count: number): void {
      badge.hidden = count === 0;
      badge.textContent = count > MANY ? `${MANY}+` : String(count);
      launcher.setAttribute("aria-label", count === 0 ? texts.open : `${texts.open}, ${texts.unread(count)}`);
    },
    setNote: (text: string): void => void (note.textContent = text),
    setTyping: (text: string): void => void (typing.textContent = text),
    setOlder: (isMore: boolean): void => void (older.hidden = !isMore),
    setEmpty: (isEmpty: boolean): void => void (welcome.hidden = !isEmpty),
    /** Changes the rows, and keeps one where one is: at the end, or at the message one reads. */
    rearrange(change: () => void): void {
      const follows = isAtEnd();
      const fromEnd = log.scrollHeight - log.scrollTop;
      change();
      log.scrollTop = follows ? log.scrollHeight : log.scrollHeight - fromEnd;
    },
  };
}
