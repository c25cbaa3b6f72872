// Puts the server's field errors next to the fields of the form.

import type { FieldError } from "../api/problem";

export interface PlacedErrors {
  /** By field of the form: "to", "title", …, and "actions.0.link" for the link of the first action. */
  at: Record<string, string>;
  /** About fields that the form does not have. */
  elsewhere: FieldError[];
}

const PLAIN = [
  ...["to", "title", "body", "level", "critical", "link", "category", "actor"],
  ...["group_key", "deliver_at", "expires_at"],
];

export function placeErrors(errors: readonly FieldError[]): PlacedErrors {
  const placed: PlacedErrors = { at: {}, elsewhere: [] };
  for (const error of errors) {
    const field = formField(error.field);
    if (field === null) placed.elsewhere.push(error);
    else placed.at[field] = [placed.at[field], error.detail].filter(Boolean).join(" ");
  }
  return placed;
}

/** Servers write paths as "actions[0].link", "actions.0.link" or "/actions/0/link". */
function formField(path: string): string | null {
  const [first = "", index, part] = path.split(/[^A-Za-z0-9_]+/).filter((part) => part !== "");
  if (first === "actions") {
    return index === undefined ? "actions" : `actions.${index}.${part === "link" ? part : "label"}`;
  }
  return PLAIN.includes(first) ? first : null;
}
