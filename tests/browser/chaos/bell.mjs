// `<tidings-inbox>` on the host's pages of the chaos, by the connection that the page has: its badge and its toasts.

import { useScripts } from "../element-host.mjs";

/** Runs in the page. A toast that was seen is closed, so that all that wait behind it have their turn. */
const MODULE = `
const CONNECTING = { is: "connecting", since: Date.now(), reason: "", transport: "" };
export async function hang({ server, user, token }, heard) {
  const script = Object.assign(document.createElement("script"), { src: "/tidings-inbox.js" });
  document.head.append(script);
  await new Promise((loaded, failed) => Object.assign(script, { onload: loaded, onerror: failed }));
  const element = document.createElement("tidings-inbox");
  element.setAttribute("server", server);
  element.setAttribute("user", user);
  element.token = token;
  heard.toasts = [];
  const known = new WeakSet();
  new MutationObserver(() => {
    for (const toast of element.shadowRoot.querySelectorAll('[part~="toast"]')) {
      if (known.has(toast)) continue;
      known.add(toast);
      heard.toasts.push(toast.querySelector('[part="toast-title"]').textContent);
      toast.querySelector("button:last-child").click();
    }
  }).observe(element.shadowRoot, { subtree: true, childList: true });
  element.addEventListener("tidings-counts", ({ detail }) => (heard.badge = detail));
  let page;
  const shared = {
    get state() {
      return page?.state ?? CONNECTING;
    },
    authorized: () => page?.authorized(),
    close() {},
  };
  const listener = await new Promise((asked) => {
    element.connect = (options) => (asked(options), shared);
    document.body.append(element);
  });
  element.prepare();
  return { listener, joined: (client) => (page = client) };
}`;

/** Builds its scripts, once for the tests of a file. Gives what a host serves of them. */
export function useBell() {
  const scripts = useScripts();
  return (address) =>
    address.pathname === "/bell.js" ? { type: "text/javascript", body: MODULE } : scripts(address);
}
