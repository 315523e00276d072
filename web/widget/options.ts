import type { GetToken } from "@parley/client";

/** How a page sets the widget up: `globalThis.parleyWidget` before the script, or attributes of its tag. */
export interface WidgetOptions {
  /** Where Parley is. Default: where the script came from. */
  readonly url?: string;
  /** Asked for a token at the start and before one ends. Null: nobody is signed in, and nothing is shown. */
  readonly getToken?: GetToken;
  /** `data-token-url`: an address of the page's own origin that answers a token to POST, as text; 401 for nobody. */
  readonly tokenUrl?: string;
  /** `data-token`: one that does not change. */
  readonly token?: string;
  /** `data-locale`. Default: the language of the page, else the browser's. */
  readonly locale?: string;
  /** `data-theme`: `light`, `dark`, or as the system has it (`auto`). Default `auto`. */
  readonly theme?: string;
  /** `data-title`: what stands above the chat. */
  readonly title?: string;
  /** `data-side`: `end` (default) or `start` of the window. */
  readonly side?: string;
}

/** What the tag says, and over that what the page says. */
export function readOptions(script: HTMLScriptElement | null, given: WidgetOptions | undefined): WidgetOptions {
  const { token, tokenUrl, locale, theme, title, side } = script?.dataset ?? {};
  const named = Object.entries({ token, tokenUrl, locale, theme, title, side }).filter(
    ([, value]) => value !== undefined,
  );
  return {
    ...(script === null ? {} : { url: new URL(script.src).origin }),
    ...(Object.fromEntries(named) as WidgetOptions),
    ...given,
  };
}

/** Where tokens come from; undefined where the page names no such place. */
export function tokenSource({ getToken, tokenUrl, token }: WidgetOptions): GetToken | undefined {
  if (getToken) return getToken;
  if (tokenUrl !== undefined)
    return async () => {
      const response = await fetch(tokenUrl, { method: "POST", credentials: "same-origin" });
      if (response.status === 401 || response.status === 403) return null;
      if (!response.ok) throw new Error(`${tokenUrl} answered ${response.status}.`);
      return (await response.text()).trim() || null;
    };
  return token === undefined ? undefined : ({ renew }) => (renew ? null : token);
}
