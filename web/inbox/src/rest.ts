// What a page needs only when somebody opens the bell, or something arrives: the panel, the toasts and the voice. It is
// a file of its own, so that a page with nothing but a quiet bell need not load it.

import type { Envelope } from "@tidings/client";
import type { Marking } from "@tidings/client/offline";
import type { Message } from "./element";
import { deedsOf, type Deeds } from "./deeds";
import { pageHref } from "./link";
import type { Look } from "./look";
import { Hours } from "./hours";
import { Panel } from "./panel";
import css from "./rest.css?inline";
import { isUnread } from "./row";
import type { Session } from "./session";
import { dress } from "./style";
import { tongue, type Texts, type Tongue } from "./texts";
import { News } from "./toasts/news";
import type { Toast } from "./toasts/queue";
import { Stack } from "./toasts/stack";
import { Stage } from "./toasts/stage";
import { Voice } from "./voice";

/** The element, as this sees it. */
export interface Frame {
  root: ShadowRoot;
  bell: HTMLButtonElement;
  polite: HTMLElement;
  assertive: HTMLElement;
  lang(): string;
  texts(): Partial<Texts> | undefined;
  attribute(name: string): string | null;
  /** Of whoever reads, while it is known. */
  session(): Session | undefined;
  look(): Look;
  /** Asks anew who reads. */
  again(): void;
  opened(open: boolean): void;
}

/** What there is for one session. */
interface Reader {
  session: Session;
  stage: Stage;
  news: News;
  hours: Hours;
  deeds: Deeds;
}

export class Rest {
  #tongue: Tongue;
  #panel: Panel;
  #stack: Stack;
  #voice: Voice;
  #reader: Reader | undefined;
  #marked = "";
  #messages = 0;

  constructor(private readonly frame: Frame) {
    dress(frame.root, css);
    const now = (this.#tongue = tongue(frame.lang(), frame.texts()));
    const mark = (marking: Marking) => void this.#reader?.deeds.mark(marking);
    this.#panel = new Panel(frame.bell, now, {
      read: (item) => mark({ read: isUnread(item), ids: [item.id] }),
      archive: ({ id }) => mark({ archived: true, ids: [id] }),
      follow: ({ id }) => this.#reader?.deeds.followed(id),
      // Up to the newest that is shown: what arrives meanwhile stays unread.
      readAll: () => mark({ read: true, up_to: frame.look().view.items[0]?.cursor }),
      retry: () => frame.again(),
      toggled: (open) => {
        frame.opened(open);
        this.#see();
      },
    });
    this.#stack = new Stack(now.texts, frame.bell);
    this.#voice = new Voice(frame, now.texts);
    this.speak();
  }

  /** In the language that holds. What is shown stays. */
  speak(): void {
    const { frame } = this;
    if (frame.root.isConnected) this.#enter();
    const now = tongue(frame.lang(), frame.texts());
    if (JSON.stringify(now) !== JSON.stringify(this.#tongue)) {
      this.#tongue = now;
      this.#panel.speak(now);
      this.#stack.speak(now.texts);
      this.#voice.texts = now.texts;
    }
    this.footer();
    this.show();
  }

  /** What there is has changed. */
  show(): void {
    const { view, state } = this.frame.look();
    // Whoever is signed out is shown nothing of what there was.
    if (state.is !== "unauthorized") this.#follow();
    else this.end();
    for (const { id, read } of view.items) if (read) this.#reader?.news.settle(id);
    this.#panel.show(this.frame.look());
    this.#see();
  }

  hear(envelope: Envelope, live: boolean, welcome: boolean): void {
    this.#follow();
    this.#reader?.hours.hear(envelope);
    this.#reader?.news.hear(envelope, live, welcome);
  }

  notify({ title, body, level = "info" }: Message): void {
    const id = `host-${++this.#messages}`;
    const toast = { id, level, critical: false, title, own: true, ...(body && { body }) };
    this.#stack.queue.push(toast);
    this.#voice.toast(toast);
  }

  dismiss(id: string): void {
    this.#reader?.news.close(id);
  }

  refused(): void {
    this.notify({ title: this.#tongue.texts.refused, level: "warning" });
  }

  open(open: boolean): void {
    if (this.#panel.root.isConnected) this.#panel.root.togglePopover(open);
  }

  /** The element is at another place: what was on top is so no more. */
  raise(): void {
    this.#stack.raise();
    this.#panel.left();
  }

  footer(): void {
    const { link } = this.#panel;
    const href = this.frame.attribute("href");
    link.hidden = href === null;
    link.textContent = this.#tongue.texts.open;
    link.href = pageHref(href) ?? "";
  }

  /** Nobody reads any more. What the host has said is for whoever comes. */
  end(): void {
    if (!this.#reader) return;
    this.#reader.stage.close();
    this.#reader.hours.close();
    this.#stack.queue.keep(({ own }) => own === true);
    this.#voice.end();
    this.#reader = undefined;
    this.#marked = "";
  }

  /** The element is in no page any more. In the next one `speak` puts all there again. */
  close(): void {
    this.end();
    this.#stack.queue.closeAll();
    document.removeEventListener("visibilitychange", this.#look);
    this.#stack.root.remove();
    this.#panel.root.remove();
    this.#panel.left();
  }

  #enter(): void {
    if (this.#panel.root.isConnected) return;
    this.frame.bell.after(this.#panel.root, this.#stack.root);
    document.addEventListener("visibilitychange", this.#look);
    this.#look();
  }

  #look = (): void => {
    this.#stack.look();
    this.#see();
  };

  /** Toasts are of one session: another reader has none of them. */
  #follow(): void {
    const session = this.frame.session();
    if (session === this.#reader?.session || session?.name === undefined) return;
    this.end();
    const { name } = session;
    const stage = new Stage(
      `${name} toasts`,
      () => news.began(),
      (event) => news.taken(event),
    );
    const deeds = deedsOf(session, () => this.refused());
    const hours = new Hours(session, () => news.began());
    const { queue } = this.#stack;
    const news: News = new News({
      queue,
      stage,
      now: () => Date.now(),
      isQuiet: () => hours.isQuiet(Date.now()),
      wantsToasts: () => this.frame.attribute("toasts") !== "off",
      told: (toast: Toast) => this.#voice.toast(toast),
      followed: (id) => deeds.followed(id),
      item: (id) => deeds.item(id),
    });
    this.#reader = { session, stage, news, hours, deeds };
  }

  /** What is in an open panel is seen, by whoever looks at the page. */
  #see(): void {
    const { counts, items } = this.frame.look().view;
    const newest = items[0]?.cursor;
    if (
      !this.#panel.isOpen ||
      document.hidden ||
      !counts?.unseen ||
      !newest ||
      newest === this.#marked
    )
      return;
    this.#marked = newest;
    const marked = this.frame.session()?.inbox?.mark({ seen: true, up_to: newest });
    void marked?.then((waits) => waits || (this.#marked = "")); // too many do: with the next that is shown
  }
}
