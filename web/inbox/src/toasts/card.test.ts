import { describe, expect, it, vi } from "vitest";
import { toastCard } from "./card";
import type { Toast } from "./queue";

function show(more: Partial<Toast>) {
  const close = vi.fn<() => void>();
  const followed = vi.fn<() => void>();
  const toast: Toast = {
    id: "t",
    level: "info",
    critical: false,
    title: "Build 4711 failed",
    link: "/builds/4711",
    actions: [{ label: "Retry", link: "/builds/4711/retry" }],
    followed,
    ...more,
  };
  const card = toastCard(toast, { close });
  document.body.append(card);
  card.addEventListener("click", (event) => event.preventDefault());
  return { links: [...(card.shadowRoot?.querySelectorAll("a") ?? [])], close, followed };
}

describe("a toast", () => {
  it("tells when its link or an action is followed, and closes", () => {
    const { links, close, followed } = show({});
    links.forEach((link) => link.click());
    expect(links).toHaveLength(2);
    expect(followed).toHaveBeenCalledTimes(2);
    expect(close).toHaveBeenCalledTimes(2);
  });

  it("of the page itself has nobody to tell", () => {
    const { links, close } = show({ followed: undefined });
    links[0]?.click();
    expect(close).toHaveBeenCalledTimes(1);
  });
});
