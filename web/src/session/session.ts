// Who is signed in. The cookie is the session; this only remembers what the server says about it.

import { readonly, ref } from "vue";
import { login, logout, whoAmI } from "../api/calls";
import { whenUnauthenticated } from "../api/client";
import { explain, Problem } from "../api/problem";
import type { Me } from "../api/types";

export type Session =
  | { is: "unknown" }
  | { is: "unreachable"; why: string }
  | { is: "signed-out"; ended: boolean }
  | { is: "signed-in"; me: Me };

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
otherTabs?.addEventListener("message", () => void askAgain());

const tellOtherTabs = () => otherTabs?.postMessage("changed");

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
  const { user: name, role, expires_at } = await login(user, password);
  current.value = { is: "signed-in", me: { user: name, role, expires_at } };
  tellOtherTabs();
}

export async function signOut(): Promise<void> {
  try {
    await logout();
  } catch (error) {
    // A session that is gone already is what was asked for; anything else is told to the reader.
    if (!(error instanceof Problem && error.status === 401)) throw error;
  }
  current.value = { is: "signed-out", ended: false };
  tellOtherTabs();
}
