// The packages of this folder, by their names, as they stand here.

const source = (path: string) => new URL(`${path}/index.ts`, import.meta.url).pathname;

export const aliases = [
  { find: /^@tidings\/client$/, replacement: source("client/src") },
  { find: /^@tidings\/client\/tabs$/, replacement: source("client/src/tabs") },
  { find: /^@tidings\/client\/offline$/, replacement: source("client/src/offline") },
];
