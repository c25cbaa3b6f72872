// The icons of what the bell opens, and its buttons.

import { icon, make, type Value } from "./dom";

export const ICONS = {
  info: "M10 9.2v4.6M10 6.2v.1",
  success: "m6.2 10.4 2.5 2.5 5.1-5.6",
  warning: "M10 5.6v5.2M10 13.9v.1",
  error: "m7 7 6 6m0-6-6 6",
  check: "m4.5 10.5 3.5 3.5 7.5-8",
  checks: "m2 10.8 3.2 3.2L12 7m-3.6 5.8L9.6 14l7.4-7",
  dot: "M6 10a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
  archive: "M3.5 5h13v3h-13zM4.8 8v7.5h10.4V8M8.2 11h3.6",
  close: "m5.5 5.5 9 9m0-9-9 9",
};

/** A button that shows an icon and says a word, and of what. */
export function iconButton(
  name: keyof typeof ICONS,
  label: string,
  more: Record<string, Value>,
  of = "",
): HTMLButtonElement {
  const said = { title: label, "aria-label": of ? `${label}: ${of}` : label };
  return make("button", { type: "button", class: "icon", ...said, ...more }, icon(ICONS[name]));
}

export const textButton = (words: string, click: () => void): HTMLButtonElement =>
  make("button", { type: "button", class: "button", click }, words);
