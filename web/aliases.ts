// The packages of this folder, by their names, as they stand here.

const file = (path: string) => new URL(`${path}.ts`, import.meta.url).pathname;
const source = (path: string) => file(`${path}/index`);

export const aliases = [
  { find: /^@tidings\/client$/, replacement: source("client/src") },
  { find: /^@tidings\/client\/tabs$/, replacement: source("client/src/tabs") },
  { find: /^@tidings\/client\/offline$/, replacement: source("client/src/offline") },
  { find: /^@tidings\/inbox$/, replacement: source("inbox/src") },
  { find: /^@tidings\/inbox\/vue$/, replacement: file("inbox/src/vue") },
];
