/** What stands in for a missing picture: "Ada Lovelace" is AL, "ci" is C. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter(Boolean);
  const picked = words.length > 1 ? [words[0], words.at(-1)] : words;
  // Spread, not charAt: a first character may be two code units long.
  return picked
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toUpperCase();
}
