import type { connect } from "@tidings/client";
import { createElement } from "react";
// @ts-expect-error: without types, which only this test would need
import { flushSync } from "react-dom";
// @ts-expect-error: the same
import { createRoot } from "react-dom/client";
import { afterEach, expect, it, vi } from "vitest";
import { createApp, h, nextTick, ref } from "vue";
import { TidingsInbox as ReactInbox } from "./react";
import { TidingsInbox as VueInbox } from "./vue";

const page = () => document.body.appendChild(document.createElement("div"));
const inbox = () => document.querySelector("tidings-inbox");
const calls: number[] = [];

/** As it is written in a template: another function at each render. */
const written = (render: number): typeof connect => {
  return () => {
    calls.push(render);
    return {} as never;
  };
};

afterEach(() => {
  document.body.replaceChildren();
  calls.length = 0;
  vi.unstubAllGlobals();
});

vi.stubGlobal("fetch", async () => new Response("", { status: 401 }));

it("a `connect` that is another one at each render is the same to the element: in Vue", async () => {
  const render = ref(1);
  const app = createApp({ render: () => h(VueInbox, { connect: written(render.value) }) });
  app.mount(page());
  const first = inbox()?.connect;
  render.value = 2;
  await nextTick();
  expect(inbox()?.connect).toBe(first);
  first?.({} as never);
  expect(calls).toEqual([2]);
  app.unmount();
});

it("and in React", () => {
  const root = createRoot(page());
  const show = (render: number) =>
    flushSync(() => root.render(createElement(ReactInbox, { connect: written(render) })));
  show(1);
  const first = inbox()?.connect;
  show(2);
  expect(inbox()?.connect).toBe(first);
  first?.({} as never);
  expect(calls).toEqual([2]);
  flushSync(() => root.unmount());
});
