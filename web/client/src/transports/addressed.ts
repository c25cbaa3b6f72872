// For what can set no header, and tells no status when it was refused.

import type { Api } from "../core/api";
import { ask, query, type Ended, type Fields } from "./transport";

/** Where to open it: with a ticket where there is a token, which is good for once and a short while, otherwise by the cookie. */
export async function address(api: Api, path: string, fields: Fields): Promise<string> {
  const { ticket } = api.token
    ? ((await (await ask(api, "/stream/ticket", undefined, "POST")).json()) as { ticket: string })
    : { ticket: null };
  return api.url(path + query({ ...fields, ticket }));
}

/** Why it ended, which the browser does not tell. Any other request is refused for the same reason. */
export async function why(api: Api, opened: boolean): Promise<Ended> {
  if (opened) return { reason: "closed" };
  await ask(api, "/inbox");
  return { reason: "refused", noWay: true };
}
