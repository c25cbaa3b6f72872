// Children in their order.

/** What stays is not touched, so that it keeps its focus and its place. */
export function arrange(parent: Element, rows: Iterable<{ element: Element }>): void {
  const wanted = Array.from(rows, ({ element }) => element);
  for (const child of [...parent.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((child, at) => {
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] ?? null);
  });
}
