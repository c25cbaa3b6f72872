import { afterEach, expect, it, vi } from "vitest";

/** The script as a page has it that loads it from there. */
async function load(src: string) {
  vi.resetModules();
  vi.stubGlobal("BUILD", "b1");
  vi.spyOn(document, "currentScript", "get").mockReturnValue({ src } as HTMLScriptElement);
  const { TidingsInbox } = await import("./element");
  vi.spyOn(customElements, "get").mockReturnValue(undefined);
  vi.spyOn(customElements, "define").mockReturnValue();
  await import("./script");
  vi.mocked(customElements.get).mockReturnValue(TidingsInbox);
  const scripts: HTMLScriptElement[] = [];
  const head = { append: (script: HTMLScriptElement) => void scripts.push(script) };
  vi.spyOn(document, "head", "get").mockReturnValue(head as unknown as HTMLHeadElement);
  const coming = TidingsInbox.load();
  return { coming, script: scripts[0] as HTMLScriptElement };
}

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const HOME = "https://t.example/tidings-inbox.js";

it("loads the rest from beside itself, whatever the server is called", async () => {
  const { script } = await load("https://tidings-inbox.example/a/tidings-inbox.js?v=1");
  expect(script.src).toBe("https://tidings-inbox.example/a/tidings-inbox-panel.js");
});

it("takes the rest of the same build", async () => {
  const { coming, script } = await load(HOME);
  await import("./script-panel");
  script.onload?.(new Event("load"));
  expect(await coming).toBe((await import("./rest")).Rest);
});

it("takes from the script what the script has, each by its name", async () => {
  await load(HOME);
  const { element, ...taken } = await import("./from-script");
  expect(element).toBe(customElements.get("tidings-inbox"));
  const all: Record<string, unknown> = {
    ...(await import("./bell")),
    ...(await import("./dom")),
    ...(await import("./link")),
    ...(await import("./style")),
    ...(await import("./texts/bell")),
    ...(await import("./texts/tongue")),
  };
  for (const [name, value] of Object.entries(taken)) expect(value, name).toBe(all[name]);
});

it("takes no rest of another build", async () => {
  const { coming, script } = await load(HOME);
  vi.stubGlobal("BUILD", "b2");
  await import("./script-panel");
  script.onload?.(new Event("load"));
  await expect(coming).rejects.toBeUndefined();
});

it("waits only for so long, and leaves no tag behind", async () => {
  vi.useFakeTimers();
  const { coming, script } = await load(HOME);
  const removed = vi.spyOn(script, "remove");
  const failed = expect(coming).rejects.toBeUndefined();
  await vi.advanceTimersByTimeAsync(10_000);
  await failed;
  expect(removed).toHaveBeenCalledOnce();
});
