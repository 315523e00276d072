/** Stands in for the package `uc.micro` in markdown-it (see vite.config.ts): what it lists, engines know by now. */
export const P = /\p{P}/u;
export const S = /\p{S}/u;
