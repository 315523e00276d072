/** What the service tells the app before anyone is signed in: `GET /config.json`. */
export interface Site {
  readonly version: string;
  readonly sign_in: {
    /** People to try it as; only in dev mode. */
    readonly demo: readonly DemoPerson[];
    /** Where the host application gives the token of whoever is signed in there. */
    readonly token_url: string | null;
    /** Where the host application lets people sign in. */
    readonly sign_in_url: string | null;
    /** Pages that may show the app in a frame and hand over a token. */
    readonly frame_origins: readonly string[];
  };
}

export interface DemoPerson {
  readonly id: string;
  readonly name: string;
}

export async function loadSite(): Promise<Site> {
  const response = await fetch("/config.json");
  if (!response.ok) throw new Error(`The service answered ${response.status}.`);
  return (await response.json()) as Site;
}
