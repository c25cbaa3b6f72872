// For tests alone: what a stream says, and what is to be heard. After the cases of the web platform tests'
// `eventsource` suite; each name is that of the case.

import type { SseEvent } from "./parser";

export interface Vector {
  name: string;
  stream: string;
  events: (Partial<SseEvent> & { data: string })[];
  retries?: number[];
}

export const VECTORS: Vector[] = [
  {
    name: "format-bom",
    stream: "\uFEFFdata:1\n\ndata:2\n\n",
    events: [{ data: "1" }, { data: "2" }],
  },
  {
    name: "format-bom-2: a second one is part of a name",
    stream: "\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n",
    events: [{ data: "2" }, { data: "3" }],
  },
  {
    name: "format-comments",
    stream: ":\ndata:1\n:x\n:data:2\n: \ndata:3\n\n",
    events: [{ data: "1\n3" }],
  },
  {
    name: "format-comments: a long one",
    stream: `data:1\n:${"x".repeat(2048)}\ndata:2\n\n`,
    events: [{ data: "1\n2" }],
  },
  {
    name: "format-data-before-final-empty-line",
    stream: "retry:1000\ndata:test1\n\nid:test\ndata:test2",
    retries: [1000],
    events: [{ data: "test1", id: "" }],
  },
  {
    name: "format-field-data",
    stream: "data:\n\ndata\ndata\n\ndata:test\n\n",
    events: [{ data: "" }, { data: "\n" }, { data: "test" }],
  },
  {
    name: "format-field-event",
    stream: "event:test\ndata:x\n\ndata:x\n\n",
    events: [
      { type: "test", data: "x" },
      { type: "message", data: "x" },
    ],
  },
  {
    name: "format-field-event-empty",
    stream: "event: \ndata:data\n\n",
    events: [{ type: "message", data: "data" }],
  },
  {
    name: "format-field-event: the last one counts, and not beyond its event",
    stream: "event:a\nevent:b\ndata:x\n\nevent:c\n\ndata:y\n\n",
    events: [
      { type: "b", data: "x" },
      { type: "message", data: "y" },
    ],
  },
  {
    name: "format-field-id",
    stream: "id:1\ndata:hello\n\ndata:again\n\n",
    events: [
      { data: "hello", id: "1" },
      { data: "again", id: "1" },
    ],
  },
  {
    name: "format-field-id-2",
    stream: "id:1\ndata:1\n\nid\ndata:2\n\ndata:3\n\n",
    events: [
      { data: "1", id: "1" },
      { data: "2", id: "" },
      { data: "3", id: "" },
    ],
  },
  {
    name: "format-field-id-3: of a frame without data",
    stream: "id:1\n\ndata:x\n\n",
    events: [{ data: "x", id: "1" }],
  },
  {
    name: "format-field-id-null",
    stream: "id:a\ndata:x\n\nid:b\u0000c\ndata:y\n\n",
    events: [
      { data: "x", id: "a" },
      { data: "y", id: "a" },
    ],
  },
  {
    name: "format-field-parsing",
    stream:
      "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
    events: [{ data: "\0\n 2\n1\n3\n\n4" }],
  },
  {
    name: "format-field-retry",
    stream: "retry:3000\ndata:x\n\n",
    retries: [3000],
    events: [{ data: "x" }],
  },
  {
    name: "format-field-retry-bogus",
    stream: "retry:3000\nretry:1000x\nretry: -1\nretry:1e3\nretry:\nretry\nretry:٣\ndata:x\n\n",
    retries: [3000],
    events: [{ data: "x" }],
  },
  { name: "format-field-retry-empty", stream: "retry\ndata:test\n\n", events: [{ data: "test" }] },
  {
    name: "format-field-unknown",
    stream: "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\n\n",
    events: [{ data: "test\n" }],
  },
  {
    name: "format-leading-space",
    stream: "data:\ttest\rdata: \ndata:test\n\n",
    events: [{ data: "\ttest\n\ntest" }],
  },
  { name: "format-leading-space: two of them", stream: "data:  a \n\n", events: [{ data: " a " }] },
  {
    name: "format-newlines",
    stream: "data:test\r\ndata\ndata:test\r\n\r",
    events: [{ data: "test\n\ntest" }],
  },
  {
    name: "format-newlines: each alone",
    stream: "data:1\r\rdata:2\n\ndata:3\r\n\r\ndata:4\n\r",
    events: [1, 2, 3, 4].map((n) => ({ data: `${n}` })),
  },
  { name: "format-null-character", stream: "data:\0\n\n\n\n", events: [{ data: "\0" }] },
  {
    name: "format-utf-8",
    stream: "data:ok…\n\ndata:£ 🦀 日本\u2028x\u0085y\n\n",
    events: [{ data: "ok…" }, { data: "£ 🦀 日本\u2028x\u0085y" }],
  },
  { name: "a colon in a value", stream: "data:a:b: c\n\n", events: [{ data: "a:b: c" }] },
  { name: "nothing at all", stream: "", events: [] },
  { name: "blank lines alone", stream: "\n\r\n\r\n\n", events: [] },
];
