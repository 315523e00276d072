import process from "node:process";
import { prepare } from "./prepare.mjs";

// `npm start`: installs and builds what is needed, then becomes the server, in this very process: signals and exit
// code need nobody to pass them on. Arguments are those of `parley` (`npm start -- doctor`).
await prepare();
process.setSourceMapsEnabled(true);
await import("../server/dist/main.js");
