import type { Page } from "playwright-core";

/** What was seen while a list was scrolled. */
export interface Scrolled {
  /** Milliseconds from frame to frame. */
  readonly frames: readonly number[];
  /** By how many pixels a message was elsewhere than the scrolling alone would have put it, where that was more than one. */
  readonly jumps: readonly number[];
  /** Messages that were on screen. */
  readonly seen: number;
  readonly isAtTop: boolean;
}

export interface Scrolling {
  /** Pixels a frame; negative goes back in time. */
  readonly step: number;
  readonly frames: number;
}

/** Scrolls the list of messages by so much a frame, and looks at the clock and at one message each time. */
export async function scrollMessages(page: Page, scrolling: Scrolling): Promise<Scrolled> {
  return await page.evaluate(async ({ step, frames: most }) => {
    const scroller = document.querySelector<HTMLElement>('[role="log"]');
    if (!scroller) throw new Error("There is no list of messages");
    const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
    const { top, height } = scroller.getBoundingClientRect();
    const seen = new Set<string>();
    const frames: number[] = [];
    const jumps: number[] = [];
    let stalled = 0;
    let before = await frame();
    for (let count = 0; count < most && stalled < 120; count += 1) {
      const articles = [...scroller.querySelectorAll<HTMLElement>("article")];
      for (const { dataset } of articles) seen.add(dataset["key"] ?? "");
      // One that stays on screen whichever way it goes.
      const middle = top + height / 2 - step / 2;
      const anchor = articles.find((article) => article.getBoundingClientRect().bottom > middle);
      const from = anchor?.getBoundingClientRect().top ?? 0;
      const offset = scroller.scrollTop;
      scroller.scrollTop = offset + step;
      const moved = scroller.scrollTop - offset;
      stalled = moved === 0 ? stalled + 1 : 0;
      const now = await frame();
      frames.push(now - before);
      before = now;
      if (!anchor?.isConnected) continue;
      const jump = anchor.getBoundingClientRect().top - (from - moved);
      if (Math.abs(jump) > 1) jumps.push(Math.round(jump));
    }
    return { frames, jumps, seen: seen.size, isAtTop: scroller.scrollTop === 0 };
  }, scrolling);
}
