import { readOptions, tokenSource, type WidgetOptions } from "./options.ts";
import { createWidget, type Widget } from "./widget.ts";

/**
 * `/widget.js`: one script tag puts the chat on a page. The page may set it up by `globalThis.parleyWidget`, where the
 * widget itself is found afterwards.
 */
declare global {
  var parleyWidget: WidgetOptions | Widget | undefined;
}

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
const given = globalThis.parleyWidget;

function start(): void {
  // The script stands on the page twice.
  if (given && "destroy" in given) return;
  const options = readOptions(script, given);
  const { url } = options;
  const getToken = tokenSource(options);
  if (url === undefined || !getToken) {
    reportError(new TypeError("The Parley widget needs data-token-url, data-token or parleyWidget.getToken."));
    return;
  }
  globalThis.parleyWidget = createWidget({ ...options, url }, getToken);
  dispatchEvent(new CustomEvent("parley:ready"));
}

// In the head of a page there is no body yet.
if (document.body) start();
else addEventListener("DOMContentLoaded", start, { once: true });
