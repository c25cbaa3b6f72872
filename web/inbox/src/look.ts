// What there is to be shown.

import type { State } from "@tidings/client";
import type { View } from "@tidings/client/offline";

export interface Look {
  state: State;
  view: View;
  /** There has been a page, now or at an earlier visit. */
  known: boolean;
  /** It is not live since then; null while it is, and before it ever was. */
  since: number | null;
}

export const NOTHING: Look = {
  state: { is: "closed", since: 0, reason: "", transport: "" },
  view: { items: [], counts: null, pending: 0 },
  known: false,
  since: null,
};
