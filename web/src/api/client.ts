// One way to talk to the server. The session is the HttpOnly cookie; no token is ever held here.

import { Problem, Unreachable } from "./problem";

const BASE = "/api/v1";

/** A request that hangs longer than this is given up, so that no button stays busy for ever. */
const PATIENCE_MS = 20_000;

let onUnauthenticated: () => void = () => {};

/** Called whenever the server no longer knows who we are. */
export function whenUnauthenticated(then: () => void): void {
  onUnauthenticated = then;
}

export interface Extra {
  headers?: Record<string, string>;
  /** Let the request outlive the page, for marks made while leaving it. */
  keepalive?: boolean;
}

export async function request<T>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
  extra: Extra = {},
): Promise<T> {
  const answer = await send(method, path, body, extra);
  if (!answer.ok) {
    const problem = await Problem.from(answer);
    // A wrong password says nothing about the session that it was tried in.
    if (problem.status === 401 && problem.code !== "bad_credentials") onUnauthenticated();
    throw problem;
  }
  if (answer.status === 204) return undefined as T;
  return (await answer.json().catch(() => {
    throw new Unreachable(); // cut off in the middle of the answer
  })) as T;
}

async function send(method: string, path: string, body: unknown, extra: Extra): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json", ...extra.headers };
  if (body !== undefined) headers["content-type"] = "application/json";
  const hangUp = new AbortController();
  const timer = setTimeout(() => hangUp.abort(), PATIENCE_MS);
  try {
    return await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      keepalive: extra.keepalive ?? false,
      signal: hangUp.signal,
    });
  } catch {
    throw new Unreachable();
  } finally {
    clearTimeout(timer);
  }
}
