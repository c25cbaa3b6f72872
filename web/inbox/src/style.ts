// A style as a sheet that is made: a policy of the host that allows no style in markup does not concern it.

export function dress<R extends ShadowRoot>(root: R, css: string): R {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  return root;
}
