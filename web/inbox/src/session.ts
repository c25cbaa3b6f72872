// One reader's inbox for as long as it is open: who they are, what is kept of it, and the stream.

import {
  Api,
  backoff,
  browser,
  longPoll,
  nameOf,
  obeyed,
  refusal,
  sse,
  webSocket,
  type Client,
  type connect,
  type Envelope,
  type GiveToken,
  type State,
  type Transport,
  type World,
} from "@tidings/client";
import { openInbox, type Inbox, type View } from "@tidings/client/offline";
import { tabs } from "@tidings/client/tabs";
import { guarded } from "./guarded";
import { subject, whoIs } from "./who";

export interface Settings {
  server: string;
  user: string | null;
  token: GiveToken | undefined;
  connect: typeof connect;
}

export interface Heard {
  view(view: View): void;
  event(envelope: Envelope, live: boolean): void;
  state(state: State): void;
  refused(): void;
  /** Somebody else reads now: of this one nothing more is told. */
  another(): void;
}

/** A network that is back is so for all: each takes its time. */
const JITTER_MS = 1_000;

export class Session {
  /** The same for all tabs of one reader, once it is known who that is. */
  name: string | undefined;
  inbox: Inbox | undefined;
  #user: string | undefined;
  #client: Client | undefined;
  /** As nobody but the one who reads. */
  #api: Api;
  /** As whoever it is now. */
  #whoever: Api;
  #world: World;
  #token: GiveToken | undefined;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #endHints = () => {};

  constructor(
    private readonly settings: Settings,
    private readonly heard: Heard,
  ) {
    const { server, token } = settings;
    this.#token = token && ((refresh) => this.#own(token(refresh)));
    this.#whoever = new Api(server, this.#token, browser.fetch);
    const isTheirs = (user: string) => user === this.#user || this.#another();
    this.#world = { ...browser, fetch: guarded(this.#whoever.url("/auth/me"), isTheirs) };
    this.#api = new Api(server, this.#token, this.#world.fetch);
  }

  async open(failures = 0, since = Date.now()): Promise<void> {
    const { settings } = this;
    if (failures === 0) this.#tell({ is: "connecting", since });
    let user = settings.user;
    let reason = "token";
    try {
      user ??= await whoIs(this.#whoever, () => (reason = "network"));
    } catch (error) {
      const { status, retryAfter } = refusal(error);
      if (status) reason = `status ${status}`;
      if (!this.#closed) this.#wait(failures, since, reason, obeyed(retryAfter));
      return;
    }
    if (user === null) this.#tell({ is: "unauthorized", reason: "signed out" });
    else if (!this.#closed) await this.#connect(user);
  }

  /** Until it is asked again who it is: sooner where the network is back, but not sooner than the server `asked` for. */
  #wait(failures: number, since: number, reason: string, asked: number): void {
    const floor = Date.now() + asked;
    let until = Math.max(floor, Date.now() + backoff(failures, Math.random()));
    const wait = () => {
      clearTimeout(this.#timer);
      this.#tell({ is: navigator.onLine === false ? "offline" : "waiting", since, reason, until });
      this.#timer = setTimeout(() => {
        this.#endHints();
        void this.open(failures + 1, since);
      }, until - Date.now());
    };
    wait();
    this.#endHints = browser.hints((hint) => {
      const soon = Date.now() + Math.random() * JITTER_MS;
      if (hint !== "offline") until = Math.min(until, Math.max(floor, soon));
      wait();
    });
  }

  async #connect(user: string): Promise<void> {
    const { heard, settings } = this;
    const { server } = settings;
    const token = this.#token;
    const who = { server, user, ...(token && { token }), world: this.#world };
    this.#user = user;
    this.name = nameOf(server, user);
    const inbox = await openInbox({
      ...who,
      changed: (view) => this.#closed || heard.view(view),
      refused: () => this.#closed || heard.refused(),
    });
    if (this.#closed) return inbox.close();
    this.inbox = inbox;
    heard.view(inbox.view);
    const { listener, cursor } = inbox;
    this.#client = settings.connect({
      ...who,
      ...(cursor !== undefined && { cursor }),
      transports: ways(),
      tabs: tabs(),
      ...kept(),
      event: (envelope, live) => {
        if (this.#closed || this.#isOthers(envelope)) return;
        listener.event(envelope, live);
        heard.event(envelope, live);
      },
      counts: (counts) => this.#closed || listener.counts(counts),
      reset: (reset) => {
        if (!this.#closed && !reset.notifications.some((item) => this.#isOthers(item)))
          listener.reset(reset);
      },
      state: (state) => {
        if (this.#closed) return;
        listener.state(state);
        heard.state(state);
      },
    });
  }

  /** What the server says to a request of this reader; null where that cannot be known. */
  said<T>(method: string, path: string, body?: object): Promise<T | null> {
    const answer = this.#api.request(method, path, body);
    return answer.then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
  }

  close(): void {
    this.#client?.close(); // and says so
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#endHints();
    this.inbox?.close();
  }

  /** Who reads is asked once: a token of anybody else is not for what is kept and waits here. */
  async #own(asked: ReturnType<GiveToken>): ReturnType<GiveToken> {
    const token = await asked;
    const named = token && this.#user !== undefined && subject(token);
    if (!named || named === this.#user) return token;
    this.#another();
    return null;
  }

  /** A cookie may become another one's between the question whose it is and what it goes with. */
  #isOthers({ audience }: { audience: string }): boolean {
    return audience.startsWith("user:") && audience !== `user:${this.#user}` && !this.#another();
  }

  /** Where the host says who reads, nobody does until it says otherwise: it would be the same again. */
  #another(): false {
    if (!this.#closed) {
      const { settings, heard } = this;
      this.close();
      if (settings.user === null) heard.another();
      else heard.state(standing({ is: "unauthorized", reason: "signed out" }));
    }
    return false;
  }

  #tell(state: Partial<State> & Pick<State, "is">): void {
    if (!this.#closed) this.heard.state(standing(state));
  }
}

const standing = (state: Partial<State> & Pick<State, "is">): State => ({
  since: Date.now(),
  reason: "",
  transport: "",
  ...state,
});

/**
 * Over plain HTTP from another machine each tab has a connection of its own, and of those that are no WebSocket a
 * browser allows six.
 */
function ways(): Transport[] {
  const streams = [sse(), webSocket()];
  if (globalThis.isSecureContext === false) streams.reverse();
  return [...streams, longPoll()];
}

/** A browser may forbid it: then each visit begins with what the inbox has kept. */
function kept(): { storage?: Storage } {
  try {
    return { storage: localStorage };
  } catch {
    return {};
  }
}
