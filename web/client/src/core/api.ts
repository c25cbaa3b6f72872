// Requests to the server, as whoever the host says: by a token, or by the cookie where there is none.

/**
 * Gives a token, `undefined` where the cookie says who it is, or null where nobody is signed in. `refresh`: the
 * server refuses the one that it gave before, or it ends soon; a host with a cookie refreshes that.
 */
export type GiveToken = (refresh: boolean) => Promise<string | null | undefined>;

/** A request that hangs longer than this is given up. A long poll brings its own patience. */
const PATIENCE_MS = 20_000;

/** Anything else no header takes, and is no token: the page of an error, for example. */
const TOKEN = /^[\x21-\x7e]+$/;

export class Api {
  #token: string | undefined;

  constructor(
    private readonly server: string,
    private readonly give: GiveToken | undefined,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /** The one that the host gave last; without it the cookie says who it is. */
  get token(): string | undefined {
    return this.#token;
  }

  url(path: string): string {
    return `${this.server}/api/v1${path}`;
  }

  /** Asks the host. False: nobody is signed in. */
  async ask(refresh: boolean): Promise<boolean> {
    const token = await this.give?.(refresh);
    if (typeof token === "string" && !TOKEN.test(token)) throw new TypeError("no token");
    this.#token = token ?? undefined;
    return token !== null;
  }

  send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {};
    if (this.#token) headers.authorization = `Bearer ${this.#token}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    return this.fetch(this.url(path), {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      // Two credentials are one too many: the server refuses those of different users.
      credentials: this.#token ? "omit" : "include",
      cache: "no-store",
      // A change of one by its link: the page may be leaving. (What is large, the browser would refuse so.)
      keepalive: method === "PATCH",
      signal: signal ?? AbortSignal.timeout(PATIENCE_MS),
    });
  }

  /** The same for whoever is not the connection: asks the host once where the server refuses. */
  async request(method: string, path: string, body?: unknown): Promise<Response> {
    if (this.give && !this.#token) await this.ask(false);
    const answer = await this.send(method, path, body);
    if (answer.status !== 401 || !this.give || !(await this.ask(true))) return answer;
    return this.send(method, path, body);
  }
}
