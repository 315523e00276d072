import type { Site } from "./site.ts";
import { createDemoSource } from "./sources/demo.ts";
import { createFrameSource } from "./sources/frame.ts";
import { createHostSource } from "./sources/host.ts";
import { createPastedSource } from "./sources/pasted.ts";
import type { TokenSource } from "./token-source.ts";

/** What is remembered of a sign-in, to take it up again after a reload. */
export type SignIn =
  | { readonly by: "demo"; readonly id: string }
  | { readonly by: "pasted"; readonly token: string }
  | { readonly by: "host" }
  | { readonly by: "frame" };

export function sourceOf(signIn: SignIn, site: Site): TokenSource | undefined {
  switch (signIn.by) {
    case "demo":
      return createDemoSource(signIn.id);
    case "pasted":
      return createPastedSource(signIn.token);
    case "host":
      return site.sign_in.token_url === null ? undefined : createHostSource(site.sign_in.token_url);
    case "frame":
      return createFrameSource(site.sign_in.frame_origins);
  }
}

/** How one is signed in without being asked: by the page around this one, or by the host application's session. */
export function silentSignIn(site: Site): SignIn | undefined {
  if (window.parent !== window && site.sign_in.frame_origins.length > 0) return { by: "frame" };
  return site.sign_in.token_url === null ? undefined : { by: "host" };
}
