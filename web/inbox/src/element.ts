// `<tidings-inbox>`: attributes and properties in, events out, and between them one session and the bell.

import { connect, type Counts, type GiveToken, type Item, type State } from "@tidings/client";
import { Bell } from "./bell";
import css from "./bell.css?inline";
import { make } from "./dom";
import { serverOf } from "./home";
import { pageHref } from "./link";
import { NOTHING, type Look } from "./look";
import type { Frame, Rest } from "./rest";
import { Session } from "./session";
import type { shared } from "./shared";
import { dress } from "./style";
import type { Texts } from "./texts";
import { aloneEn, aloneZh } from "./texts/bell";
import { speak } from "./texts/tongue";
import { fromUrl, once } from "./who";

/** A message of the host's own, as a toast. */
export interface Message {
  title: string;
  body?: string;
  level?: Item["level"];
}

/** What `tidings-notification` tells. `preventDefault()` on it, and no toast is shown. */
export interface Arrival {
  notification: Item;
  muted: boolean;
}

/** The events of the element, by name, with what they tell. */
export interface TidingsEvents {
  "tidings-open": CustomEvent<{ open: boolean }>;
  "tidings-counts": CustomEvent<Counts>;
  "tidings-notification": CustomEvent<Arrival>;
  "tidings-state": CustomEvent<State>;
}

/** Those start anew, with whoever it is then. */
const WHO = ["server", "user", "token-url"];
const PROPERTIES = ["token", "connect", "texts"] as const;
/** Events that wait for the rest to be loaded, from the first that is to be shown: the list has them all the same. */
export const MOST_WAITING = 100;
const NONE: Counts = { unread: 0, unseen: 0 };

// On a server that renders pages there are no elements, and this module is read all the same.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

export class TidingsInbox extends Base {
  static readonly observedAttributes = [...WHO, "lang", "href"];
  /** How the rest comes: set by the entry of the package. */
  static load: () => Promise<typeof Rest>;
  /** Where the rest puts itself that came as a script. */
  static rest: typeof Rest;
  /** Of a script: what comes later is of the same one, or is not taken. */
  static build: string | undefined;
  static shared: typeof shared;

  #root = dress(this.attachShadow({ mode: "open" }), css);
  #bell = new Bell(
    () => this.#want(),
    (open) => (open ? this.#open(pageHref(this.getAttribute("href"))) : this.hide()),
  );
  #polite = make("div", { class: "hidden", "aria-live": "polite" });
  #assertive = make("div", { class: "hidden", "aria-live": "assertive" });
  #rest: Rest | undefined;
  #coming: Promise<Rest> | undefined;
  #waiting: Parameters<Rest["hear"]>[] = [];
  #session: Session | undefined;
  #look = NOTHING;
  #told: Counts | undefined;
  #failed = false;
  #token: GiveToken | undefined;
  #connect = connect;
  #texts: Partial<Texts> | undefined;
  #due = false;
  /** The language may stand anywhere above. */
  #watch = new MutationObserver(() => this.#speak());

  constructor() {
    super();
    this.#root.append(this.#bell.root, this.#polite, this.#assertive);
  }

  get token(): GiveToken | undefined {
    return this.#token;
  }
  set token(token: GiveToken | undefined) {
    if (token === this.#token) return;
    this.#token = token;
    this.#restart();
  }

  /** A `connect` of the host's own, of the signature of the client's: to share a connection that is there. */
  get connect(): typeof connect {
    return this.#connect;
  }
  set connect(own: typeof connect | undefined) {
    if ((own ?? connect) === this.#connect) return;
    this.#connect = own ?? connect;
    this.#restart();
  }

  /** Other words, by the names of `Texts`. */
  get texts(): Partial<Texts> | undefined {
    return this.#texts;
  }
  set texts(texts: Partial<Texts> | undefined) {
    this.#texts = texts;
    this.#speak();
  }

  get state(): State {
    return this.#look.state;
  }

  /** The server's own figures; null before there are any, and where nobody is signed in. */
  get counts(): Counts | null {
    return this.state.is === "unauthorized" ? null : this.#look.view.counts;
  }

  connectedCallback(): void {
    for (const name of PROPERTIES) {
      // One that was set before there was this class hides the accessor.
      if (!Object.hasOwn(this, name)) continue;
      const own = { [name]: this[name] };
      delete (this as Partial<this>)[name];
      Object.assign(this, own);
    }
    this.#watch.observe(document.documentElement, { attributeFilter: ["lang"], subtree: true });
    this.#speak();
    this.#rest?.raise();
    if (this.#session === undefined) this.#restart();
  }

  /** Moved to another place it goes on. */
  disconnectedCallback(): void {
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#watch.disconnect();
      this.#end();
      this.#rest?.close();
    });
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now) return;
    if (WHO.includes(name)) this.#restart();
    else if (name === "lang") this.#speak();
    else this.#rest?.footer();
  }

  /** Loads at once what comes with the first use: for a host that has something to say when the server is away. */
  prepare(): void {
    this.#want().catch(() => {});
  }

  /** A toast of the host's own. */
  notify(message: Message): void {
    this.#with((rest) => rest.notify(message));
  }

  /** The toast of a notification that the host has dealt with. */
  dismiss(id: string): void {
    this.#rest?.dismiss(id);
  }

  /** Somebody has signed in. */
  authorized(): void {
    this.#restart(); // it may be somebody else
  }

  show(): void {
    this.#open(null);
  }

  hide(): void {
    this.#rest?.open(false);
  }

  /** Once for all that changes in one go. */
  #restart(): void {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.#end();
      if (this.isConnected) this.#begin();
    });
  }

  #end(): void {
    this.#session?.close();
    this.#session = undefined;
    this.#rest?.end();
    this.#waiting = [];
    this.#show(NOTHING);
  }

  #begin(): void {
    const url = this.getAttribute("token-url");
    const give = this.#token ?? (url === null ? undefined : fromUrl(url));
    const settings = {
      server: serverOf(this.getAttribute("server")),
      user: this.getAttribute("user"),
      token: give && once(give),
      connect: this.#connect,
    };
    const session = new Session(settings, {
      view: (view) => this.#show({ view, known: session.inbox?.cursor !== undefined }),
      event: (envelope, live) => {
        const { type, payload: notification, muted = false } = envelope;
        const arrives = live && type === "notification";
        const welcome = !arrives || this.#emit("notification", { notification, muted });
        if (this.#rest) return this.#rest.hear(envelope, live, welcome);
        // What comes after it may take it back.
        if (!arrives && !(live && isAwake(notification)) && !this.#waiting[0]) return;
        if (this.#waiting.push([envelope, live, welcome]) > MOST_WAITING) this.#waiting.shift();
        this.prepare();
      },
      state: (state) => {
        const { since } = this.#look;
        const left = this.state.is === "live" ? state.since : since;
        this.#show({ state, since: state.is === "live" ? null : left });
        this.#emit("state", state);
      },
      refused: () => this.#with((rest) => this.#session === session && rest.refused()),
      another: () => this.#restart(),
    });
    this.#session = session;
    void session.open();
  }

  #speak(): void {
    if (!this.isConnected) return;
    this.#rest?.speak();
    this.#show({});
  }

  #show(change: Partial<Look>): void {
    this.#look = { ...this.#look, ...change };
    const { texts } = speak(langOf(this), aloneEn, aloneZh, this.#texts);
    const failed = this.#failed ? texts.failed : "";
    this.#bell.show(this.#look, texts, failed);
    if (this.#assertive.textContent !== failed && !this.#rest) this.#assertive.textContent = failed;
    this.#rest?.show();
    this.#tell();
  }

  /** Whoever is signed out, or reads no more, has none: what a host shows of them goes as well. */
  #tell(): void {
    const told = this.#told;
    const over = this.state.is === "unauthorized" || (told && !this.#session);
    const now = this.counts ?? (over ? NONE : null);
    if (!now || (told?.unread === now.unread && told.unseen === now.unseen)) return;
    this.#told = now;
    this.#emit("counts", now);
  }

  #with(run: (rest: Rest) => void, failed = () => {}): void {
    if (this.#rest) run(this.#rest);
    else this.#want().then(run, failed); // the next one that wants it tries again
  }

  /** What is to be opened may not come: then whoever pressed the bell is led to `instead`, or told so at least. */
  #open(instead: string | null): void {
    this.#with(
      (rest) => rest.open(true),
      () => {
        if (!this.isConnected) return;
        if (instead) return location.assign(instead);
        this.#failed = true;
        this.#show({});
      },
    );
  }

  #want(): Promise<Rest> {
    this.#coming ??= TidingsInbox.load()
      .then((Rest) => {
        const rest = (this.#rest = new Rest(this.#frame()));
        for (const heard of this.#waiting.splice(0)) rest.hear(...heard);
        this.#failed = false;
        this.#show({});
        return rest;
      })
      .catch((error) => {
        this.#coming = undefined;
        this.#waiting = [];
        throw error;
      });
    return this.#coming;
  }

  #frame(): Frame {
    return {
      root: this.#root,
      bell: this.#bell.root,
      polite: this.#polite,
      assertive: this.#assertive,
      lang: () => langOf(this),
      texts: () => this.#texts,
      attribute: (name) => this.getAttribute(name),
      session: () => this.#session,
      again: () => this.authorized(),
      look: () => this.#look,
      opened: (open) => this.#emit("open", { open }),
    };
  }

  /** False: the host has prevented it. */
  #emit(name: string, detail: unknown): boolean {
    const init = { detail, bubbles: true, composed: true, cancelable: name === "notification" };
    return this.dispatchEvent(new CustomEvent(`tidings-${name}`, init));
  }
}

/** Its snooze is over, as a change tells it. */
const isAwake = (change: unknown) =>
  (change as { snoozed_until?: string | null } | null)?.snoozed_until === null;

/** Of the nearest that names one, across shadow roots. */
function langOf(from: Element): string {
  for (let at: Node | null = from; at; at = at.parentNode ?? (at as ShadowRoot).host ?? null) {
    const lang = (at as Element).getAttribute?.("lang");
    if (lang) return lang;
  }
  return navigator.language;
}

/** Makes the element known; again it does nothing. */
export function define(load: typeof TidingsInbox.load): void {
  if (!globalThis.customElements || customElements.get("tidings-inbox")) return;
  TidingsInbox.load = load;
  customElements.define("tidings-inbox", TidingsInbox);
}

declare global {
  interface HTMLElementTagNameMap {
    "tidings-inbox": TidingsInbox;
  }
}
