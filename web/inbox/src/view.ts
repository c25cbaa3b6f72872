// What the panel shows, as words. Values in, values out.

import type { Look } from "./look";
import { fill, type Tongue } from "./texts";
import { clockTime } from "./time";

/** Why what is shown may not be the newest; empty while it is. */
export function connection({ state, since }: Look, { texts, lang }: Tongue): string {
  const { is, until } = state;
  if (is === "live" || is === "unauthorized") return "";
  const at = (text: string, time: number) => fill(text, clockTime(time, lang));
  if (since === null && until === undefined) return texts.connecting;
  const away = at(is === "offline" ? texts.offline : texts.away, since ?? state.since);
  return `${away} ${until === undefined ? texts.connecting : at(texts.again, until)}`;
}

/** What stands in place of the list: a heading and a line. */
export function instead({ state, view, known }: Look, { texts }: Tongue): [string, string] | null {
  if (state.is === "unauthorized") return [texts.signedOut, texts.signedOutMore];
  if (view.items.length > 0) return null;
  if (known) return [texts.empty, texts.emptyMore];
  return state.is === "live" || state.is === "connecting" ? [texts.loading, ""] : ["", ""];
}
