// Children in their order, and as they are now.

/** What stays is not touched, so that it keeps its focus and its place. */
export function arrange(parent: Element, rows: Iterable<{ element: Element }>): void {
  const wanted = Array.from(rows, ({ element }) => element);
  for (const child of [...parent.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((child, at) => {
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] ?? null);
  });
}

/** The same one with other words: it keeps its focus, and does not arrive once more. */
export function renewed(element: HTMLElement | undefined, made: HTMLElement): HTMLElement {
  if (element === undefined) return made;
  for (const { name, value } of made.attributes) element.setAttribute(name, value);
  element.replaceChildren(...made.childNodes);
  return element;
}
