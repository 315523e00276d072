let name = "";
let count = 0;

const MOST = 99;

function write(): void {
  const shown = count > MOST ? `${MOST}+` : String(count);
  document.title = `${count > 0 ? `(${shown}) ` : ""}${name} · Parley`;
}

/** What the page that is shown is called. */
export function setDocumentName(next: string): void {
  name = next;
  write();
}

/** How many messages wait to be read: before the name, so that it is seen on a narrow tab. */
export function setDocumentCount(next: number): void {
  count = next;
  write();
}
