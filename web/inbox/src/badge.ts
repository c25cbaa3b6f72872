const CAP = 99;

/** What the badge says; empty when it is not shown. */
export function badgeText(unread: number): string {
  if (unread <= 0) return "";
  return unread > CAP ? `${CAP}+` : `${unread}`;
}
