// What a host takes. Tabs and offline are modules of their own.

export { connect, type Client, type Options } from "./client";
export { Api, given, type GiveToken } from "./core/api";
export { backoff } from "./core/backoff";
export { obeyed } from "./core/machine";
export { nameOf, type TextStorage } from "./core/storage";
export { browser, type World } from "./core/world";
export { SseParser, type SseEvent, type SseSink } from "./sse/parser";
export { eventSource } from "./transports/eventsource";
export { longPoll } from "./transports/longpoll";
export { sse } from "./transports/sse";
export { webSocket } from "./transports/websocket";
export { refusal } from "./transports/transport";
export type { Ended, Said, Shut, Sink, Transport } from "./transports/transport";
export type { Counts, Envelope, Is, Item, Listener, Reset, State } from "./types";
