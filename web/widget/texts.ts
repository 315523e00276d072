const en = {
  open: "Chat with us",
  unread: (count: number) => (count === 1 ? "1 unread message" : `${count} unread messages`),
  title: "Support",
  close: "Close the chat",
  messages: "Messages",
  welcome: "How can we help? Write to us: the answer comes here.",
  field: "Your message",
  send: "Send",
  you: "You",
  typing: (name: string) => `${name} is typing …`,
  someone: "Someone",
  offline: "No connection. What you write is sent as soon as there is one.",
  older: "Earlier messages",
  deleted: "This message was deleted.",
  edited: "edited",
  queued: "Waiting",
  sending: "Sending",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  failed: "Not sent",
  retry: "Try again",
  discard: "Discard",
  unreachable: "That did not work. Please try again.",
};

export type Texts = typeof en;

const de: Texts = {
  open: "Schreib uns",
  unread: (count) => (count === 1 ? "1 ungelesene Nachricht" : `${count} ungelesene Nachrichten`),
  title: "Support",
  close: "Chat schließen",
  messages: "Nachrichten",
  welcome: "Wie können wir helfen? Schreib uns: Die Antwort kommt hierher.",
  field: "Deine Nachricht",
  send: "Senden",
  you: "Du",
  typing: (name) => `${name} schreibt …`,
  someone: "Jemand",
  offline: "Keine Verbindung. Was du schreibst, wird gesendet, sobald es eine gibt.",
  older: "Frühere Nachrichten",
  deleted: "Diese Nachricht wurde gelöscht.",
  edited: "bearbeitet",
  queued: "Wartet",
  sending: "Wird gesendet",
  sent: "Gesendet",
  delivered: "Zugestellt",
  read: "Gelesen",
  failed: "Nicht gesendet",
  retry: "Erneut versuchen",
  discard: "Verwerfen",
  unreachable: "Das hat nicht geklappt. Bitte versuche es noch einmal.",
};

const LANGUAGES: Readonly<Record<string, Texts>> = { en, de };

/** The first of the wanted languages that there is, English else; in the reader's own region, where their browser names one. */
export function textsFor(
  wanted: readonly (string | null | undefined)[],
  regions: readonly string[],
): { locale: string; texts: Texts } {
  const language = wanted
    .map((locale) => locale?.toLowerCase().split("-")[0] ?? "")
    .find((name) => Object.hasOwn(LANGUAGES, name));
  const locale = regions.find((region) => region.toLowerCase().split("-")[0] === (language ?? "en"));
  return { locale: locale ?? language ?? "en", texts: LANGUAGES[language ?? "en"] ?? en };
}
