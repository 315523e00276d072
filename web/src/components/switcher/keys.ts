const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

/** What the key for commands is called here. */
export const MOD = isApple ? "⌘" : "Ctrl";

/** Whether a key was pressed together with the one for commands, and no other. */
export function hasMod(event: KeyboardEvent): boolean {
  return (isApple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey) && !event.altKey;
}

const SILENT = new Set(["button", "checkbox", "radio", "submit", "reset", "range", "color", "file", "image"]);

/** Whether letters are written there: then they are no shortcuts. */
export function isWritten(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target instanceof HTMLInputElement && !SILENT.has(target.type);
}
