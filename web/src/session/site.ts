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

const KEY = "parley site";
/** Where it is known what the service said the last time, it is not waited for longer. */
const PATIENCE_MS = 3_000;
const LONGEST_MS = 15_000;

/** Asks the service; where it cannot be reached, it is what it said the last time. */
export async function loadSite(): Promise<Site> {
  const kept = readKept();
  try {
    const response = await fetch("/config.json", { signal: AbortSignal.timeout(kept ? PATIENCE_MS : LONGEST_MS) });
    if (!response.ok) throw new Error(`The service answered ${response.status}.`);
    const text = await response.text();
    const site = JSON.parse(text) as Site;
    keep(text);
    return site;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

function readKept(): Site | undefined {
  try {
    const text = localStorage.getItem(KEY);
    return text === null ? undefined : (JSON.parse(text) as Site);
  } catch {
    return undefined;
  }
}

function keep(text: string): void {
  try {
    localStorage.setItem(KEY, text);
  } catch {
    // Storage is closed to us: it is asked for each time, then.
  }
}
