import { nextTick } from "vue";

/**
 * Keeps what one reads where it is on screen, whatever the list does about rows that turn out to be higher or lower than
 * it had guessed. It makes up for those above the screen alone, so not for those within, which a fast scroll leads to;
 * and once rows were put in front it keeps its distance from the end until nothing was scrolled for a while, so whoever
 * turns round meanwhile would be moved by each row that is measured below.
 */
export function createPlaceHolder(scroller: () => HTMLElement | null) {
  let isHolding = false;

  /** The first row on screen that has been measured. The list hides those that have not: they have no place to keep. */
  function anchorIn(frame: HTMLElement): Element | undefined {
    const { top, bottom } = frame.getBoundingClientRect();
    return [...frame.querySelectorAll("article[data-key]")].find((row) => {
      const { top: from, bottom: to } = row.getBoundingClientRect();
      return to > top && from < bottom && getComputedStyle(row).visibility !== "hidden";
    });
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
