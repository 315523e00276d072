const STOPS = "a[href], button:not([disabled]), textarea, [tabindex='0']";

/** Keeps the Tab key within an element while it is open; Escape closes it. */
export function keepFocus(within: HTMLElement, onEscape: () => void): void {
  within.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      onEscape();
      return;
    }
    if (event.key !== "Tab") return;
    const stops = [...within.querySelectorAll<HTMLElement>(STOPS)].filter((stop) => stop.checkVisibility?.() ?? true);
    const root = within.getRootNode() as ShadowRoot;
    const [first, last] = [stops[0], stops.at(-1)];
    const leaves = event.shiftKey ? root.activeElement === first : root.activeElement === last;
    if (!leaves) return;
    event.preventDefault();
    (event.shiftKey ? last : first)?.focus();
  });
}
