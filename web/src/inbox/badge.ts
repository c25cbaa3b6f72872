const CAP = 99;

/** What the badge says; null when it is not shown. */
export function badgeText(unread: number): string | null {
  if (unread <= 0) return null;
  return unread > CAP ? `${CAP}+` : String(unread);
}
