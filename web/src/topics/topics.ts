// The topics that the reader may join, kept true by what the stream says about them.

import type { Topic } from "../api/types";
import type { InboxChange } from "../stream/frames";

/** What the list becomes; null when only the server can tell. */
export function follow(items: Topic[], { joined, left }: InboxChange): Topic[] | null {
  const name = joined ?? left;
  if (name === undefined) return items;
  const meant = items.find((item) => item.topic === name);
  // One that is not open is listed for its members alone.
  if (meant === undefined) return joined === undefined ? items : null;
  if (left !== undefined && !meant.open) return items.filter((item) => item !== meant);
  return items.map((item) => (item === meant ? { ...item, joined: joined !== undefined } : item));
}
