import type { Customer, Name } from "./people.ts";

/** Something said, so many minutes ago. */
export interface Said {
  readonly who: Name | Customer;
  readonly ago: number;
  readonly text: string;
  /** By which others speak of it. */
  readonly name?: string;
  readonly reactions?: Readonly<Record<string, readonly Name[]>>;
}

const DAY = 24 * 60;

/** The conversation in the middle of the pictures. */
export const BOOKING: readonly Said[] = [
  {
    who: "tom",
    ago: DAY + 190,
    text: "Numbers of last week: 18,204 bookings, 3.1 % more than the week before. Most of them on the night ferries.",
    reactions: { "📈": ["ada", "grace", "mary"] },
  },
  {
    who: "grace",
    ago: DAY + 64,
    text: "The seat map is slow again: 2.4 s for a night ferry. It reads every seat of every sailing.",
  },
  { who: "edsger", ago: DAY + 58, text: "That is a missing index. One moment." },
  {
    who: "edsger",
    ago: DAY + 45,
    name: "index",
    text: "Found it:\n\n```sql\ncreate index sailings_by_day\n    on sailings (route_id, departs_at)\n    include (seats_free);\n```\n\n2.4 s → **31 ms** on a copy of production.",
    reactions: { "🎉": ["ada", "grace", "yuki", "tom", "mary"], "🚀": ["grace", "lucia"] },
  },
  { who: "ada", ago: DAY + 36, text: "Lovely. @edsger, can it go in before the release on Monday?" },
  {
    who: "yuki",
    ago: 52,
    text: "Good morning! The new seat map is on staging: https://staging.meridian.example/seats",
  },
  { who: "yuki", ago: 51, text: "The colours are those of the signs on board, so that a deck looks as it does there." },
  {
    who: "lucia",
    ago: 43,
    text: "> The colours are those of the signs on board\n\nI love this. One wish: in the sun, seats that are taken look like free ones.",
    reactions: { "👍": ["yuki", "ada"] },
  },
  {
    who: "grace",
    ago: 31,
    text: "Left before Monday:\n\n1. the seat map in German and Spanish\n2. refunds by voucher: `voucher_id` is in the API\n3. a last look by @ada",
    reactions: { "👀": ["edsger"] },
  },
  {
    who: "ada",
    ago: 22,
    text: "I take the last look after lunch. Vouchers work in my tests, *also without a network*.",
    reactions: { "❤️": ["grace", "lucia"] },
  },
  { who: "edsger", ago: 6, text: "The index is in. The slowest search of this morning took 88 ms 🎉" },
  { who: "ada", ago: 3, text: "Then Monday at ten it is." },
];

/** Below Edsger's index. */
export const THREAD: readonly Said[] = [
  { who: "grace", ago: DAY + 41, text: "How long does it take to build on production?" },
  {
    who: "edsger",
    ago: DAY + 38,
    text: "Four minutes, `concurrently`. Nobody will notice.",
    reactions: { "👌": ["grace"] },
  },
  { who: "ada", ago: DAY + 35, text: "Tonight at two, then? That is when the fewest ferries are booked." },
  { who: "edsger", ago: 12, text: "Done at 02:04. I slept through it: a job ran it." },
];

/** What the list shows around it. */
export const AROUND: Readonly<Record<string, readonly Said[]>> = {
  general: [
    { who: "mary", ago: 130, text: "The office is closed on Thursday. The ferries are not." },
    { who: "tom", ago: 75, text: "Cake in the kitchen 🍰" },
  ],
  random: [{ who: "lucia", ago: DAY * 2 + 30, text: "Dolphins off pier 4 this morning! 🐬" }],
  design: [
    { who: "ada", ago: DAY + 300, text: "The new icons look good on paper tickets too." },
    { who: "yuki", ago: 35, text: "Contrast of taken seats: now 5.2 to 1." },
  ],
  releases: [
    { who: "edsger", ago: 60, text: "4.12 is on staging." },
    { who: "grace", ago: 26, text: "@ada, may I announce 4.12 for Monday?" },
  ],
};

export const DIRECTS: readonly { readonly other: Name; readonly sayings: readonly Said[] }[] = [
  {
    other: "tom",
    sayings: [{ who: "tom", ago: DAY * 3, text: "Thanks for the figures!" }],
  },
  {
    other: "yuki",
    sayings: [
      { who: "yuki", ago: 160, text: "Which blue is right for deck 7?" },
      { who: "ada", ago: 150, text: "The one of the lifeboats." },
    ],
  },
  {
    other: "grace",
    sayings: [
      { who: "ada", ago: 70, text: "Are the slides ready?" },
      { who: "grace", ago: 17, text: "Nearly. Shall we go through them at two?" },
    ],
  },
];

export const SUPPORT: readonly { readonly customer: Customer; readonly sayings: readonly Said[] }[] = [
  {
    customer: "inn",
    sayings: [
      { who: "inn", ago: DAY + 200, text: "May our guests book with a group code?" },
      { who: "sam", ago: DAY + 190, text: "Yes: yours is in the mail that we have just sent." },
      { who: "inn", ago: DAY + 170, text: "It works, thank you." },
    ],
  },
  {
    customer: "priya",
    sayings: [{ who: "priya", ago: 55, text: "Is there a way to bring a cargo bike on the 7:40?" }],
  },
  {
    customer: "jonas",
    sayings: [
      { who: "jonas", ago: 28, text: "I was charged twice for the same cabin." },
      { who: "jonas", ago: 27, text: "Booking MF-20417" },
    ],
  },
  {
    customer: "nora",
    sayings: [
      { who: "nora", ago: 24, text: "Hello! My daughter turns twelve on the day we travel. Which fare does she need?" },
      {
        who: "sam",
        ago: 21,
        text: "Hello Nora, and congratulations! The child's fare counts up to and **including** that day.",
      },
      { who: "nora", ago: 20, text: "Wonderful. And may she keep the window seat?" },
      { who: "sam", ago: 18, text: "Seat 14 A is hers. I have noted it on your booking MF-20398." },
      { who: "nora", ago: 4, text: "Thank you, you are the best! 🙏" },
    ],
  },
];

export const OFFSITE: readonly Said[] = [
  { who: "lucia", ago: 180, text: "The house has eleven beds and a terrace to the river." },
  { who: "tom", ago: 95, text: "I am bringing the projector." },
];
