// The levels, from the calmest to the gravest, and the words for them.

import type { Level } from "../api/types";

export const LEVELS: readonly { level: Level; label: string }[] = [
  { level: "info", label: "Info" },
  { level: "success", label: "Success" },
  { level: "warning", label: "Warning" },
  { level: "error", label: "Error" },
];
