/** What one wants to begin or join. */
export type Opening =
  | { readonly what: "message" }
  | { readonly what: "channel"; readonly spaceId?: string | undefined }
  | { readonly what: "browse"; readonly spaceId?: string | undefined }
  | { readonly what: "space" };
