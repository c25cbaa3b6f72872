// Who reads here: by what the host says, by the token, or by the cookie that the server knows.

import { given, type Api, type GiveToken } from "@tidings/client";

/** A host whose address has not answered by then is asked anew. */
export const PATIENCE_MS = 20_000;

/** A token from an address of the host: 401 says that nobody is signed in. */
export const fromUrl =
  (url: string): GiveToken =>
  async () => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(url, { credentials: "include", cache: "no-store", signal });
    if (answer.status === 401) return null;
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return (await answer.text()).trim();
  };

/** One token for all that ask, and one question at a time: a refresh may be good for once only. */
export function once(give: GiveToken): GiveToken {
  let last: ReturnType<GiveToken> | undefined;
  let asking = false;
  return (refresh) => {
    if (last !== undefined && (asking || !refresh)) return last;
    asking = true;
    const asked = given(give, refresh);
    const forget = () => (last = undefined);
    last = asked;
    asked.then((token) => token === null && forget(), forget).finally(() => (asking = false));
    return asked;
  };
}

/** The `sub` of a token, which nothing here relies on: it names what is stored, the server checks the token. */
export function subject(token: string): string | undefined {
  try {
    const bytes = atob((token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/"));
    const text = new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
    const { sub } = JSON.parse(text) as { sub?: unknown };
    return typeof sub === "string" ? sub : undefined;
  } catch {
    return undefined;
  }
}

/** Null: nobody is signed in. `asks`: the host has said what it knows, now the server is asked. */
export async function whoIs(api: Api, asks = () => {}): Promise<string | null> {
  if (!(await api.ask(false))) return null;
  const named = api.token && subject(api.token);
  if (named) return named;
  asks();
  const answer = await api.request("GET", "/auth/me");
  if (answer.status === 401) return null;
  if (!answer.ok) throw answer;
  return ((await answer.json()) as { user: string }).user;
}
