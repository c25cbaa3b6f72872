// For React: props with their types. Properties and events are set by hand, as React before 19 knows only attributes.

import { connect, type GiveToken } from "@tidings/client";
import {
  createElement,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  type ReactNode,
  type Ref,
} from "react";
import type { Texts, TidingsEvents, TidingsInbox as Inbox } from "./index";
import "./index";

export interface TidingsInboxProps {
  server?: string;
  user?: string;
  tokenUrl?: string;
  lang?: string;
  href?: string;
  toasts?: boolean;
  token?: GiveToken;
  connect?: typeof connect;
  texts?: Partial<Texts>;
  /** The element: `notify`, `authorized`, `show` and `hide`. */
  element?: Ref<Inbox>;
  className?: string;
  children?: ReactNode;
  onOpen?(detail: TidingsEvents["tidings-open"]["detail"]): void;
  onCounts?(detail: TidingsEvents["tidings-counts"]["detail"]): void;
  onState?(detail: TidingsEvents["tidings-state"]["detail"]): void;
  /** The event itself: `preventDefault()` on it, and no toast is shown. */
  onNotification?(event: TidingsEvents["tidings-notification"]): void;
}

export function TidingsInbox(props: TidingsInboxProps) {
  const { server, user, tokenUrl, lang, href, toasts, texts, className, children } = props;
  const here = useRef<Inbox>(null);
  // What is written in a render is another one each time: the element has one that is not.
  const latest = useRef(props);
  latest.current = props;
  // In the layout: before the element asks who reads.
  const hasToken = props.token !== undefined;
  useImperativeHandle(props.element, () => here.current as Inbox, []);
  useLayoutEffect(() => {
    const element = here.current;
    if (!element) return;
    element.token = hasToken
      ? (refresh) => latest.current.token?.(refresh) ?? Promise.resolve(undefined)
      : undefined;
  }, [hasToken]);
  const hasConnect = props.connect !== undefined;
  useLayoutEffect(() => {
    const element = here.current;
    if (!element) return;
    element.connect = hasConnect
      ? (options) => (latest.current.connect ?? connect)(options)
      : undefined;
  }, [hasConnect]);
  useLayoutEffect(() => {
    if (here.current) here.current.texts = texts;
  }, [texts]);
  useLayoutEffect(() => {
    const element = here.current;
    if (!element) return;
    const over = new AbortController();
    const on = <K extends keyof TidingsEvents>(name: K, hear: (event: TidingsEvents[K]) => void) =>
      element.addEventListener(name, hear as EventListener, { signal: over.signal });
    on("tidings-open", ({ detail }) => latest.current.onOpen?.(detail));
    on("tidings-counts", ({ detail }) => latest.current.onCounts?.(detail));
    on("tidings-state", ({ detail }) => latest.current.onState?.(detail));
    on("tidings-notification", (event) => latest.current.onNotification?.(event));
    return () => over.abort();
  }, []);
  const attributes = {
    ref: here,
    server,
    user,
    "token-url": tokenUrl,
    lang,
    href,
    class: className,
    toasts: toasts === false ? "off" : undefined,
  };
  return createElement("tidings-inbox", attributes, children);
}
