import type { Page } from "playwright-core";

const LOOK = `
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #16324f; background: #f4f8fb; }
  main { max-width: none; margin: 0; }
  header { padding: 1rem 3rem; background: #16324f; color: #fff; font-weight: 700; letter-spacing: 0.02em; }
  h1 { margin: 3rem 3rem 0.5rem; font-size: 2.75rem; line-height: 1.15; max-width: 26rem; }
  p { margin: 0 3rem; max-width: 26rem; color: #4b6580; }
  ul { display: grid; gap: 0.75rem; max-width: 26rem; margin: 2rem 3rem; padding: 0; list-style: none; }
  li { padding: 1rem 1.25rem; border: 1px solid #d5e1ec; border-radius: 12px; background: #fff; }`;

const WORDS = {
  header: "Meridian Ferries",
  h1: "To the islands, day and night.",
  p: "Eleven ports, forty sailings a day, and a seat by the window.",
  sailings: [
    "07:40 · Harbour to North Isle · from 18 €",
    "09:15 · Harbour to Lighthouse Bay · from 12 €",
    "22:30 · Night ferry to Southport · from 49 €",
  ],
} as const;

/** What a ferry company's page may look like. Its policy takes no markup and no styles, so it is built by hand. */
export async function dressHostPage(page: Page): Promise<void> {
  await page.evaluate(
    ({ look, words }) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(look);
      document.adoptedStyleSheets = [sheet];
      const make = (tag: string, text: string): HTMLElement => {
        const element = document.createElement(tag);
        element.textContent = text;
        return element;
      };
      const list = document.createElement("ul");
      list.append(...words.sailings.map((text) => make("li", text)));
      const parts = [make("header", words.header), make("h1", words.h1), make("p", words.p), list];
      document.querySelector("main")?.replaceChildren(...parts);
    },
    { look: LOOK, words: WORDS },
  );
}
