// One reader's inbox for as long as it is open: who they are, what is kept of it, and the stream.

import {
  Api,
  browser,
  longPoll,
  sse,
  type Client,
  type connect,
  type Envelope,
  type GiveToken,
  type Item,
  type State,
  type World,
} from "@tidings/client";
import { openInbox, type Inbox, type View } from "@tidings/client/offline";
import { tabs } from "@tidings/client/tabs";
import type { QuietHours } from "./quiet";
import { subject, whoIs } from "./who";

export interface Settings {
  server: string;
  user: string | null;
  token: GiveToken | undefined;
  connect: typeof connect;
}

interface Preferences {
  quiet_hours?: QuietHours;
}

export interface Heard {
  view(view: View): void;
  event(envelope: Envelope, live: boolean): void;
  state(state: State): void;
  refused(): void;
  /** Somebody else reads now: of this one nothing more is told. */
  another(): void;
}

/** Who it is, is asked again after so long, and no later than that. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

export class Session {
  /** The same for all tabs of one reader, once it is known who that is. */
  name: string | undefined;
  inbox: Inbox | undefined;
  quietHours: QuietHours | undefined;
  #user: string | undefined;
  #client: Client | undefined;
  #api: Api;
  #token: GiveToken | undefined;
  #closed = false;
  #knowsQuiet = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly heard: Heard,
  ) {
    const { server, token } = settings;
    this.#token = token && ((refresh) => this.#own(token(refresh)));
    this.#api = new Api(server, this.#token, (...request) => fetch(...request));
  }

  async open(failures = 0, since = Date.now()): Promise<void> {
    const { settings, heard } = this;
    const tell = (is: State["is"], until?: number) =>
      this.#closed ||
      heard.state({ is, since, reason: "", transport: "", ...(until && { until }) });
    if (failures === 0) tell("connecting");
    let user = settings.user;
    try {
      user ??= await whoIs(this.#api, this.#token);
    } catch {
      const wait =
        Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (1 + Math.random() / 4);
      tell(navigator.onLine === false ? "offline" : "waiting", Date.now() + wait);
      if (!this.#closed) this.#timer = setTimeout(() => void this.open(failures + 1, since), wait);
      return;
    }
    if (user === null) tell("unauthorized");
    else if (!this.#closed) await this.#connect(user);
  }

  async #connect(user: string): Promise<void> {
    const { heard, settings } = this;
    const { server } = settings;
    const token = this.#token;
    const who = { server, user, ...(token && { token }), world: this.#world };
    this.#user = user;
    this.name = `tidings ${server} ${encodeURIComponent(user)}`;
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
      transports: [sse(), longPoll()],
      tabs: tabs(),
      ...kept(),
      event: (envelope, live) => {
        if (this.#closed || this.#isOthers(envelope)) return;
        listener.event(envelope, live);
        if (envelope.type === "inbox.changed") {
          const { preferences } = envelope.payload as { preferences?: Preferences };
          if (preferences) this.#quiet(preferences);
        }
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
        if (state.is === "live" && !this.#knowsQuiet) void this.#askQuiet();
        heard.state(state);
      },
    });
  }

  /** A link of it is followed: told at once, for the page may be leaving. */
  followed(id: string): void {
    void this.inbox?.mark({ read: true, ids: [id] });
    this.#api.request("PATCH", `/notifications/${id}`, { acted: true }).catch(() => {});
  }

  /** One notification, as the server has it now. */
  async item(id: string): Promise<Item | null> {
    const answer = await this.#api.request("GET", `/notifications/${id}`).catch(() => null);
    return answer?.ok ? ((await answer.json()) as Item) : null;
  }

  close(): void {
    this.#client?.close(); // and says so
    this.#closed = true;
    clearTimeout(this.#timer);
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

  /** A cookie may become another one's without a word: it is asked before each request that it goes with. */
  readonly #world: World = {
    ...browser,
    fetch: async (input, request) => {
      if (request?.credentials === "include" && !(await this.#isSame()))
        throw new Error("another reader");
      return fetch(input, request);
    },
  };

  /** Who is signed out, the server refuses by itself. */
  async #isSame(): Promise<boolean> {
    const user = await whoIs(this.#api, undefined);
    const same = user === null || user === this.#user;
    if (!same) this.#another();
    return same;
  }

  /** And it may become one between the two. */
  #isOthers({ audience }: { audience: string }): boolean {
    const others = audience.startsWith("user:") && audience !== `user:${this.#user}`;
    if (others && this.#token === undefined) this.#another();
    return others && this.#token === undefined;
  }

  /** Where the host says who reads, nobody does until it says otherwise: it would be the same again. */
  #another(): void {
    if (this.#closed) return;
    const { settings, heard } = this;
    this.close();
    if (settings.user === null) return heard.another();
    heard.state({ is: "unauthorized", since: Date.now(), reason: "signed out", transport: "" });
  }

  #quiet({ quiet_hours }: Preferences): void {
    this.#knowsQuiet = true;
    this.quietHours = quiet_hours;
  }

  /** Asked once; changes of it come by the stream, and beat an answer that is late. */
  async #askQuiet(): Promise<void> {
    const answer = await this.#api.request("GET", "/preferences").catch(() => null);
    if (answer?.ok && !this.#knowsQuiet) this.#quiet(await answer.json());
  }
}

/** A browser may forbid it: then each visit begins with what the inbox has kept. */
function kept(): { storage?: Storage } {
  try {
    return { storage: localStorage };
  } catch {
    return {};
  }
}
