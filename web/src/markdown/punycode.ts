/**
 * Stands in for the package `punycode.js` in markdown-it (see vite.config.ts). Browsers write the names of hosts in
 * ASCII themselves; and one that was written in ASCII stays so, as it then cannot pass for another.
 */
const asItIs = (host: string): string => host;

// oxlint-disable-next-line import/no-default-export -- as the package has it
export default { toASCII: asItIs, toUnicode: asItIs };
