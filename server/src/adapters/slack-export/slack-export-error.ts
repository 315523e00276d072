/** The archive is not what it should be; the message says what is wrong with it, for the one who gave it. */
export class SlackExportError extends Error {
  override readonly name = "SlackExportError";
}
