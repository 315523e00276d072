/** The look of the few pages that the server makes itself. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: #f7f6f3; --card: #ffffff; --ink: #1d2330; --soft: #565e6e; --line: #dcdad3; --accent: #a8401a; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171d; --card: #1d222b; --ink: #e9e7e2; --soft: #a4acba; --line: #343b47; --accent: #f2a27e; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: clamp(2rem, 8vh, 6rem) 1.25rem 3rem; }
header { display: flex; align-items: center; gap: 1rem; margin-bottom: 2rem; }
header svg { flex: none; width: 3.25rem; height: 3.25rem; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.15; letter-spacing: -0.02em; }
h2 { margin: 2.25rem 0 0.75rem; font-size: 1rem; }
p { margin: 0.25rem 0; color: var(--soft); }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.6rem; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); }
li a { display: block; height: 100%; padding: 0.8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem;
  color: inherit; text-decoration: none; }
li a:hover, li a:focus-visible { border-color: var(--accent); }
li a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
li strong { color: var(--accent); font-weight: 600; }
li span { display: block; color: var(--soft); font-size: 0.9rem; }
pre { margin: 0; padding: 0.9rem 1rem; overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; font-size: 0.85rem; }
a { color: var(--accent); }
li a { color: inherit; }
pre code { white-space: pre-wrap; overflow-wrap: anywhere; }
footer { margin-top: 2.5rem; font-size: 0.85rem; color: var(--soft); }
`;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
