import { nextTick } from "vue";

/**
 * Keeps what one reads where it is on screen, whatever the list does about rows that turn out to be higher or lower than
 * it had guessed: it makes up for those above the screen, but not for those within, which a fast scroll leads to.
 */
export function createPlaceHolder(scroller: () => HTMLElement | null) {
  /** Rows that have been drawn and measured: only these have a place to keep. */
  const settled = new WeakSet<Element>();
  let isHolding = false;

  function anchorIn(frame: HTMLElement): Element | undefined {
    const { top, bottom } = frame.getBoundingClientRect();
    const rows = [...frame.querySelectorAll("article[data-key]")];
    const anchor = rows.find((row) => {
      if (!settled.has(row)) return false;
      const { top: from, bottom: to } = row.getBoundingClientRect();
      return to > top && from < bottom;
    });
    for (const row of rows) settled.add(row);
    return anchor;
  }

  return {
    /** Call it when something is about to be drawn, and before it is. */
    hold(): void {
      const frame = scroller();
      // What is held is held until it is drawn.
      if (!frame || isHolding) return;
      const anchor = anchorIn(frame);
      if (!anchor) return;
      const before = anchor.getBoundingClientRect().top;
      isHolding = true;
      void nextTick(() => {
        isHolding = false;
        if (!anchor.isConnected) return;
        const moved = anchor.getBoundingClientRect().top - before;
        if (Math.abs(moved) >= 1) frame.scrollTop += moved;
      });
    },
  };
}
