import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";
import { CLIENT_SOURCES } from "./build/aliases.ts";
import { compressed } from "./build/compressed.ts";
import { emojiWords } from "./build/emoji-words.ts";
import { lean } from "./build/lean.ts";
import { widget } from "./build/widget.ts";
import { chunkPath, worker } from "./build/worker.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where `npm run dev` finds the service. */
const SERVICE = process.env["SERVICE_URL"] ?? "http://127.0.0.1:8080";
const SERVED_BY_IT = ["/v1", "/demo", "/config.json", "/docs", "/openapi.json", "/widget.js"];

/** Of the app's own, what the first page has and others share. */
const SHARED =
  /web\/src\/(?:composables\/use-|stores\/(?:blocks|conversations?|drafts|notifications|people|preferences|saved|scheduled|session|ui)\.ts|emoji\/use-emoji\.ts|markdown\/plain-text|pwa\/install|router\/destination|components\/(?:chat\/rows|composer\/completion|base\/(?:BaseAvatar|BaseButton|BaseSpinner|EmptyState|IconButton|PageHeader|TextField|UnreadBadge)\.vue))/;
/** The first page's icons that others have too: each alone takes twice as much. */
const ICONS =
  /lucide\/.*\/icons\/(?:bell|bell-off|bookmark|calendar-clock|check|check-check|face-slightly-smiling|hash|headset|info|lock|message-square|messages-square|pin|search|send-horizontal|settings|shield-check|users|x)\.m?js$/;

export default defineConfig({
  root: here("."),
  plugins: [vue({ features: { optionsAPI: false } }), lean(), emojiWords(), widget(), worker(), compressed()],
  resolve: {
    alias: {
      ...CLIENT_SOURCES,
      // Dependencies of markdown-it, a third of its size, for what nobody writes in a chat.
      entities: here("./src/markdown/entities.ts"),
      "punycode.js": here("./src/markdown/punycode.ts"),
      "linkify-it": here("./src/markdown/linkify.ts"),
      mdurl: here("./src/markdown/mdurl.ts"),
      "uc.micro": here("./src/markdown/uc-micro.ts"),
    },
  },
  define: {
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    __VUE_I18N_FULL_INSTALL__: "false",
    __VUE_I18N_LEGACY_API__: "false",
    __INTLIFY_PROD_DEVTOOLS__: "false",
  },
  build: {
    target: "es2022",
    // Browsers of the last two years. Told of older ones, the bundler makes languages of directions (`:dir(rtl)`).
    cssTarget: ["chrome123", "edge123", "firefox121", "safari17.5"],
    // Small images stay files: the policy then needs no data: for them.
    assetsInlineLimit: 0,
    // The page's own preloads do; the polyfill would be another script.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
    // What every page needs comes in one piece: thirty small ones compress worse, and each is a request.
    rolldownOptions: {
      output: {
        chunkFileNames: ({ facadeModuleId }) => chunkPath(facadeModuleId),
        codeSplitting: { groups: [{ name: "shared", test: (id) => SHARED.test(id) || ICONS.test(id) }] },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(SERVED_BY_IT.map((path) => [path, { target: SERVICE, ws: path === "/v1" }])),
  },
});
