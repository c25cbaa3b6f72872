// Who is signed in. The cookie is the session; this only remembers what the server says about it.

import { readonly, ref, watch } from "vue";
import { changePassword, login, logout, whoAmI } from "../api/calls";
import { whenUnauthenticated } from "../api/client";
import { explain, Problem } from "../api/problem";
import type { Ends, Me } from "../api/types";
import { whenBack, world } from "./browser";
import { Lasting } from "./lasting";

export type Session =
  | { is: "unknown" }
  | { is: "unreachable"; why: string }
  | { is: "signed-out"; ended: boolean }
  | { is: "signed-in"; me: Me & Partial<Ends> };

const current = ref<Session>({ is: "unknown" });

export const session = readonly(current);

/** The session ended without the reader asking for it: the sign-in page says so. */
export function sessionEnded(): void {
  if (current.value.is === "signed-in") current.value = { is: "signed-out", ended: true };
}

whenUnauthenticated(sessionEnded);

// The cookie is shared by all tabs of the browser. When one of them changes it, the others must not go
// on showing one reader's inbox with another one's session.
const otherTabs = "BroadcastChannel" in window ? new BroadcastChannel("tidings-session") : null;
otherTabs?.addEventListener("message", ({ data }: MessageEvent<"changed" | Ends>) => {
  if (data === "changed") void askAgain();
  else if (current.value.is === "signed-in" && current.value.me.session) lasting.follow(data);
});

const tellOtherTabs = () => otherTabs?.postMessage("changed");

// Only a session can be refreshed. A token, of whatever made it, ends when it ends.
const lasting = new Lasting(world, (ends) => otherTabs?.postMessage(ends));
whenBack(() => lasting.look());
watch(
  current,
  (now) => {
    if (now.is === "signed-in" && now.me.session) lasting.follow(now.me);
    else lasting.stop();
  },
  { flush: "sync" },
);

/**
 * The stream's question, which is refused, or about to end with its session: it goes on by the same cookie, or
 * nobody is signed in any more.
 */
export async function keepSession(): Promise<undefined | null> {
  const isOver = () => current.value.is !== "signed-in";
  // What cannot be refreshed may be good all the same.
  if (!(await lasting.hurry()) && !isOver()) {
    await whoAmI().catch((error: unknown) => {
      if (!isOver()) throw error;
    });
  }
  return isOver() ? null : undefined;
}

/** Finds out whether the cookie of an earlier visit still holds. */
export async function restoreSession(): Promise<void> {
  current.value = { is: "unknown" };
  await askAgain();
}

async function askAgain(): Promise<void> {
  try {
    current.value = { is: "signed-in", me: await whoAmI() };
  } catch (error) {
    current.value =
      error instanceof Problem && error.status === 401
        ? { is: "signed-out", ended: false }
        : { is: "unreachable", why: explain(error) };
  }
}

export async function signIn(user: string, password: string): Promise<void> {
  const {
    user: name,
    role,
    expires_at,
    ends_at,
    must_change_password,
  } = await login(user, password);
  const me = { user: name, role, expires_at, ends_at, must_change_password, session: true };
  current.value = { is: "signed-in", me };
  tellOtherTabs();
}

/** Ends all other sessions, and this one may do everything from then on. */
export async function choosePassword(now: string, next: string): Promise<void> {
  await changePassword(now, next);
  if (current.value.is !== "signed-in") return;
  current.value = { ...current.value, me: { ...current.value.me, must_change_password: false } };
  tellOtherTabs();
}

export async function signOut(everywhere = false): Promise<void> {
  try {
    await logout(everywhere);
  } catch (error) {
    // A session that is gone already is what was asked for; anything else is told to the reader.
    if (!(error instanceof Problem && error.status === 401)) throw error;
  }
  current.value = { is: "signed-out", ended: false };
  tellOtherTabs();
}
