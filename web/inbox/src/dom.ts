// Elements without markup: text is ever text, and no policy of a host forbids it.

export type Value = string | number | boolean | null | undefined | ((event: never) => void);
type Child = Node | string | null | undefined | false;

/** Attributes by name; a function hears the event of that name; what is null or false is not there. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value as EventListener);
    else if (value != null && value !== false)
      element.setAttribute(name, value === true ? "" : `${value}`);
  }
  for (const child of children)
    if (child != null && child !== false && child !== "") element.append(child);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Lines on a grid of 20 by 20. They only ever stand beside words or inside labelled buttons. */
export function icon(lines: string): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", lines);
  svg.append(path);
  return svg;
}
