// Requests to the server, as whoever the host says: by a token, or by the cookie where there is none.

/**
 * Gives a token, `undefined` where the cookie says who it is, or null where nobody is signed in. `refresh`: the
 * server refuses the one that it gave before, or it ends soon; a host with a cookie refreshes that.
 */
export type GiveToken = (refresh: boolean) => Promise<string | null | undefined>;

/** A request that hangs longer than this is given up. A long poll brings its own patience. */
const PATIENCE_MS = 20_000;

/** A host that never answers is no reason to be silent. */
export const TOKEN_MS = 30_000;

/** Anything else no header takes, and is no token: the page of an error, for example. */
const TOKEN = /^[\x21-\x7e]+$/;

const refreshing = new WeakMap<GiveToken, ReturnType<GiveToken>>();

/**
 * Asks the host, for as long as that is of use. A refresh may be good for once only, and two of it would sign
 * everybody out: so whoever asks while there is one is given what that gives.
 */
export async function given(give: GiveToken, refresh: boolean): ReturnType<GiveToken> {
  const under = refreshing.get(give);
  if (under) return under;
  const answer = give(refresh);
  let timer: unknown;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(fail, TOKEN_MS, new Error("no token"));
  });
  const asked = Promise.race([answer, late]).finally(() => {
    clearTimeout(timer as number);
    if (refresh) refreshing.delete(give);
  });
  if (refresh) refreshing.set(give, asked);
  return asked;
}

export class Api {
  #token: string | null | undefined;

  constructor(
    private readonly server: string,
    private readonly give: GiveToken | undefined,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /** What the host gave last. */
  get token(): string | null | undefined {
    return this.#token;
  }

  url(path: string): string {
    return `${this.server}/api/v1${path}`;
  }

  /** Asks the host. False: nobody is signed in. */
  async ask(refresh: boolean): Promise<boolean> {
    const token = this.give && (await given(this.give, refresh));
    if (typeof token === "string" && !TOKEN.test(token)) throw new Error("no token");
    this.#token = token;
    return token !== null;
  }

  /** Where nobody is signed in nothing is sent: the cookie may be anybody's. */
  async send(
    method: string,
    path: string,
    body?: object,
    headers?: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Response> {
    const token = this.#token;
    if (token === null) return new Response(null, { status: 401 });
    return this.fetch(this.url(path), {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { "content-type": "application/json" }),
        ...headers,
      },
      body: JSON.stringify(body),
      // Two credentials are one too many: the server refuses those of different users.
      credentials: token ? "omit" : "include",
      cache: "no-store",
      // A change of one by its link: the page may be leaving. (What is large, the browser would refuse so.)
      keepalive: method === "PATCH",
      signal: signal ?? AbortSignal.timeout(PATIENCE_MS),
    });
  }

  /** The same for whoever is not the connection: asks the host once where the server refuses. */
  async request(
    ...asked: [method: string, path: string, body?: object, headers?: Record<string, string>]
  ): Promise<Response> {
    if (this.give && !this.#token) await this.ask(false);
    const answer = await this.send(...asked);
    if (answer.status !== 401 || !this.give || !(await this.ask(true))) return answer;
    return this.send(...asked);
  }
}
