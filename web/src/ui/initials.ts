/** What stands in for a missing picture: "Ada Lovelace" is AL, "ci" is C. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/u)
    .filter((word) => word !== "");
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words.slice(0, 1);
  // Spread, not charAt: a first character may be two code units long.
  return picked
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toUpperCase();
}
