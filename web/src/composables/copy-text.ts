import { useClipboard } from "@vueuse/core";

/** Puts a text where it can be pasted from; also where a page without TLS may not do it the new way. Load it when it is wanted. */
export async function copyText(text: string): Promise<void> {
  await useClipboard({ legacy: true }).copy(text);
}
