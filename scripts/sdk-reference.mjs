import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Application, Converter, ReflectionKind } from "typedoc";
import { ROOT, prepare } from "./prepare.mjs";

// `npm run sdk-reference` writes docs/reference/sdk/ from the types and comments of the SDK; with --check it only compares.
// Either way it fails where something public has no comment.
await prepare();
const folder = join(ROOT, "docs", "reference", "sdk");
const pages = await generate();
if (!process.argv.includes("--check")) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of pages) writeFileSync(join(folder, name), text);
  console.log(`wrote ${pages.length} pages to docs/reference/sdk`);
} else if (JSON.stringify(pages) !== JSON.stringify(read(folder))) {
  console.error("docs/reference/sdk is not what the SDK says: run `npm run sdk-reference`");
  process.exitCode = 1;
}

async function generate() {
  const out = mkdtempSync(join(tmpdir(), "parley-sdk-reference-"));
  try {
    const app = await Application.bootstrapWithPlugins({
      name: "The SDK",
      entryPoints: [join(ROOT, "client/src/mod.ts"), join(ROOT, "client/src/cache/mod.ts")],
      tsconfig: join(ROOT, "client/tsconfig.json"),
      plugin: ["typedoc-plugin-markdown"],
      outputs: [{ name: "markdown", path: out }],
      readme: "none",
      disableSources: true,
      excludeExternals: true,
      validation: { notDocumented: true, notExported: false, invalidLink: true },
      // Read from the endpoints' definitions, which have their own reference.
      intentionallyNotDocumented: [
        "client.MethodId.__type.produces",
        "client.OwnChange.__type.method",
        "client.OwnChange.__type.input",
      ],
      logLevel: "Warn",
      router: "module",
      entryFileName: "README",
      hidePageHeader: true,
      hideBreadcrumbs: true,
      useCodeBlocks: true,
      interfacePropertiesFormat: "table",
      typeDeclarationFormat: "list",
    });
    nameTypes(app.converter);
    const project = await app.convert();
    if (!project) throw new Error("the SDK's types could not be read");
    app.validate(project);
    await app.generateOutputs(project);
    if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
    return read(out);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** Types are shown as they are written, by their names: of those that are inferred from schemas, the compiler knows none. */
function nameTypes(converter) {
  const written = (context, reflection, node) => {
    if (node?.type) reflection.type = converter.convertType(context, node.type);
  };
  converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Property)) return;
    written(context, reflection, context.getSymbolFromReflection(reflection)?.valueDeclaration);
  });
  converter.on(Converter.EVENT_CREATE_PARAMETER, written);
  converter.on(Converter.EVENT_CREATE_SIGNATURE, written);
}

/** Names and texts, in order. */
function read(from) {
  if (!existsSync(from)) return [];
  const names = readdirSync(from, { recursive: true }).filter((name) => name.endsWith(".md"));
  return names.toSorted().map((name) => [name, readFileSync(join(from, name), "utf8")]);
}
