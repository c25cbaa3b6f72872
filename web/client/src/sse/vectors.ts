// For tests alone: what a stream says, and what is to be heard. First the streams of the web platform tests
// (`eventsource/format-*`), byte for byte as their server sends them; each name is that of the case. Then our own.

import type { SseEvent } from "./parser";

export interface Vector {
  name: string;
  stream: string;
  events: (Partial<SseEvent> & { data: string })[];
  retries?: number[];
}

/** What stands in their streams: long enough for a buffer to end within it. */
const LONG = "x".repeat(2048);

export const VECTORS: Vector[] = [
  {
    name: "format-bom",
    stream: "\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3\n\n\n",
    events: [{ data: "1" }, { data: "3" }],
  },
  {
    name: "format-bom-2",
    stream: "\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n\n",
    events: [{ data: "2" }, { data: "3" }],
  },
  {
    name: "format-comments",
    stream: `data:1\r:\0\n:\r\ndata:2\n:${LONG}\rdata:3\n:data:fail\r:${LONG}\ndata:4\n\n`,
    events: [{ data: "1\n2\n3\n4" }],
  },
  {
    name: "format-data-before-final-empty-line",
    stream: "retry:1000\ndata:test1\n\nid:test\ndata:test2\n",
    retries: [1000],
    events: [{ data: "test1", id: "" }],
  },
  {
    name: "format-field-data",
    stream: "data:\n\ndata\ndata\n\ndata:test\n\n\n",
    events: [{ data: "" }, { data: "\n" }, { data: "test" }],
  },
  {
    name: "format-field-event",
    stream: "event:test\ndata:x\n\ndata:x\n\n\n",
    events: [
      { type: "test", data: "x" },
      { type: "message", data: "x" },
    ],
  },
  {
    name: "format-field-event-empty",
    stream: "event: \ndata:data\n\n\n",
    events: [{ type: "message", data: "data" }],
  },
  {
    name: "format-field-id",
    stream: "id: …\nretry: 200\ndata: hello\n\n",
    retries: [200],
    events: [{ data: "hello", id: "…" }],
  },
  {
    name: "format-field-id-2: what it answers to the id",
    stream: "data: …\n\n",
    events: [{ data: "…", id: "" }],
  },
  {
    name: "format-field-id-3: persists",
    stream: "id: 1\ndata: 1\n\ndata:2\n\n",
    events: [
      { data: "1", id: "1" },
      { data: "2", id: "1" },
    ],
  },
  {
    name: "format-field-id-3: changes and persists",
    stream: "id: 1\ndata: 1\n\nid: 2\ndata:2\n\ndata:3\n\n",
    events: [
      { data: "1", id: "1" },
      { data: "2", id: "2" },
      { data: "3", id: "2" },
    ],
  },
  {
    name: "format-field-id-3: resets",
    stream: "id: 1\ndata: 1\n\nid:\ndata:2\n\ndata:3\n\n",
    events: [
      { data: "1", id: "1" },
      { data: "2", id: "" },
      { data: "3", id: "" },
    ],
  },
  {
    name: "format-field-id-null",
    stream: "id: \0\0\nretry: 200\ndata: hello\n\n",
    retries: [200],
    events: [{ data: "hello", id: "" }],
  },
  {
    name: "format-field-parsing",
    stream:
      "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
    events: [{ data: "\0\n 2\n1\n3\n\n4" }],
  },
  {
    name: "format-field-retry",
    stream: "retry:02000\ndata:x\n\n\n",
    retries: [2000],
    events: [{ data: "x" }],
  },
  {
    name: "format-field-retry-bogus",
    stream: "retry:2000\nretry:1000x\ndata:x\n\n\n",
    retries: [2000],
    events: [{ data: "x" }],
  },
  {
    name: "format-field-retry-empty",
    stream: "retry\ndata:test\n\n\n",
    events: [{ data: "test" }],
  },
  {
    name: "format-field-unknown",
    stream: "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n\n",
    events: [{ data: "test\n\ntest" }],
  },
  {
    name: "format-leading-space",
    stream: "data:\ttest\rdata: \ndata:test\n\n\n",
    events: [{ data: "\ttest\n\ntest" }],
  },
  {
    name: "format-newlines",
    stream: "data:test\r\ndata\ndata:test\r\n\r\n",
    events: [{ data: "test\n\ntest" }],
  },
  { name: "format-null-character", stream: "data:\0\n\n\n\n\n", events: [{ data: "\0" }] },
  { name: "format-utf-8", stream: "data:ok…\n\n\n", events: [{ data: "ok…" }] },

  {
    name: "the last of several types counts, and not beyond its event",
    stream: "event:a\nevent:b\ndata:x\n\nevent:c\n\ndata:y\n\n",
    events: [
      { type: "b", data: "x" },
      { type: "message", data: "y" },
    ],
  },
  {
    name: "an id of a frame without data counts",
    stream: "id:1\n\ndata:x\n\n",
    events: [{ data: "x", id: "1" }],
  },
  {
    name: "an id without a value is an empty one",
    stream: "id:1\ndata:1\n\nid\ndata:2\n\n",
    events: [
      { data: "1", id: "1" },
      { data: "2", id: "" },
    ],
  },
  {
    name: "an id with NUL leaves the one before",
    stream: "id:a\ndata:x\n\nid:b\u0000c\ndata:y\n\n",
    events: [
      { data: "x", id: "a" },
      { data: "y", id: "a" },
    ],
  },
  {
    name: "a retry of anything but digits is none",
    stream: "retry:3000\nretry: -1\nretry:1e3\nretry:\nretry\nretry:٣\ndata:x\n\n",
    retries: [3000],
    events: [{ data: "x" }],
  },
  { name: "of two spaces one is data", stream: "data:  a \n\n", events: [{ data: " a " }] },
  {
    name: "lines end with any of the three",
    stream: "data:1\r\rdata:2\n\ndata:3\r\n\r\ndata:4\n\r",
    events: [1, 2, 3, 4].map((n) => ({ data: `${n}` })),
  },
  {
    name: "no other character ends a line",
    stream: "data:£ 🦀 日本\u2028x\u0085y\n\n",
    events: [{ data: "£ 🦀 日本\u2028x\u0085y" }],
  },
  { name: "a colon in a value", stream: "data:a:b: c\n\n", events: [{ data: "a:b: c" }] },
  { name: "nothing at all", stream: "", events: [] },
  { name: "blank lines alone", stream: "\n\r\n\r\n\n", events: [] },
];
