// One reader's inbox for as long as it is open: who they are, what is kept of it, and the stream.

import {
  Api,
  longPoll,
  sse,
  type Client,
  type connect,
  type Envelope,
  type GiveToken,
  type Item,
  type State,
} from "@tidings/client";
import { openInbox, type Inbox, type View } from "@tidings/client/offline";
import { tabs } from "@tidings/client/tabs";
import type { QuietHours } from "./quiet";
import { whoIs } from "./who";

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
}

/** Who it is, is asked again after so long, and no later than that. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

export class Session {
  /** The same for all tabs of one reader, once it is known who that is. */
  name: string | undefined;
  inbox: Inbox | undefined;
  quietHours: QuietHours | undefined;
  #client: Client | undefined;
  #api: Api;
  #closed = false;
  #knowsQuiet = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly heard: Heard,
  ) {
    this.#api = new Api(settings.server, settings.token, (...request) => fetch(...request));
  }

  async open(failures = 0, since = Date.now()): Promise<void> {
    const { settings, heard } = this;
    const tell = (is: State["is"], until?: number) =>
      this.#closed ||
      heard.state({ is, since, reason: "", transport: "", ...(until && { until }) });
    if (failures === 0) tell("connecting");
    let user = settings.user;
    try {
      user ??= await whoIs(this.#api, settings.token);
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
    const { server, token } = settings;
    const who = { server, user, ...(token && { token }) };
    this.name = `tidings ${server} ${encodeURIComponent(user)}`;
    const inbox = await openInbox({
      ...who,
      changed: (view) => this.#closed || heard.view(view),
      refused: () => heard.refused(),
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
        listener.event(envelope, live);
        const { preferences } = envelope.payload as { preferences?: { quiet_hours?: QuietHours } };
        if (envelope.type === "inbox.changed" && preferences) this.#quiet(preferences);
        heard.event(envelope, live);
      },
      counts: (counts) => listener.counts(counts),
      reset: (reset) => listener.reset(reset),
      state: (state) => {
        listener.state(state);
        if (state.is === "live" && !this.#knowsQuiet) void this.#askQuiet();
        heard.state(state);
      },
    });
  }

  /** Somebody has signed in. */
  authorized(): void {
    if (this.#client) this.#client.authorized();
    else void this.open();
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
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#client?.close();
    this.inbox?.close();
  }

  #quiet({ quiet_hours }: { quiet_hours?: QuietHours }): void {
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
