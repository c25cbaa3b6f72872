import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  changePassword,
  endSession,
  listSessions,
  login,
  logout,
  refreshSession,
  whoAmI,
} from "../api/calls";
import { Problem, Unreachable } from "../api/problem";
import { mount, newInbox, shown, type } from "../testing";
import MustChange from "./MustChange.vue";
import PasswordForm from "./PasswordForm.vue";
import Sessions from "./Sessions.vue";
import { keepSession, restoreSession, session, sessionEnded, signIn, signOut } from "./session";

vi.mock("../api/calls");

const HOUR = 3_600_000;
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();
const answered = (must_change_password = false) => ({
  user: "alice",
  role: "user" as const,
  expires_at: inHours(12),
  ends_at: inHours(720),
  must_change_password,
});

const submit = (form: HTMLElement | null) =>
  form?.dispatchEvent(new Event("submit", { cancelable: true }));

beforeEach(async () => {
  vi.resetAllMocks();
  await signOut();
  vi.mocked(logout).mockClear();
});

describe("a session", () => {
  async function begin(must = false) {
    vi.mocked(login).mockResolvedValueOnce(answered(must));
    await signIn("alice", "secret");
  }

  it("that is about to expire is refreshed, once the server says that nobody else did", async () => {
    await begin();
    const { expires_at } = answered();
    vi.mocked(whoAmI).mockResolvedValueOnce({
      ...answered(),
      expires_at: inHours(0),
      session: true,
    });
    vi.mocked(refreshSession).mockResolvedValueOnce({ expires_at, ends_at: inHours(720) });
    await expect(keepSession()).resolves.toBeUndefined();
    expect(refreshSession).toHaveBeenCalledOnce();
    expect(whoAmI).toHaveBeenCalledOnce();
  });

  it("that another tab refreshed is not refreshed here", async () => {
    await begin();
    vi.mocked(whoAmI).mockResolvedValueOnce({
      ...answered(),
      expires_at: inHours(13),
      session: true,
    });
    await expect(keepSession()).resolves.toBeUndefined();
    expect(whoAmI).toHaveBeenCalledOnce();
    expect(refreshSession).not.toHaveBeenCalled();
  });

  it("whose refresh is refused because another one came first asks for the new end", async () => {
    await begin();
    vi.mocked(whoAmI)
      .mockResolvedValueOnce({ ...answered(), expires_at: inHours(0), session: true })
      .mockResolvedValueOnce({ ...answered(), expires_at: inHours(13), session: true });
    vi.mocked(refreshSession).mockRejectedValueOnce(new Problem(409, "conflict", "Just now."));
    await expect(keepSession()).resolves.toBeUndefined();
    expect(whoAmI).toHaveBeenCalledTimes(2);
    sessionEnded();
    expect(session.value).toEqual({ is: "signed-out", ended: true });
    await expect(keepSession()).resolves.toBeNull();
    expect(whoAmI).toHaveBeenCalledTimes(2);
  });

  it("that the server has ended is over, whoever asks", async () => {
    await begin();
    const ended = () => {
      sessionEnded(); // as every request does that is refused so
      return Promise.reject(new Problem(401, "unauthenticated", "Who?"));
    };
    vi.mocked(whoAmI).mockImplementationOnce(ended);
    await expect(keepSession()).resolves.toBeNull();
    expect(whoAmI).toHaveBeenCalledOnce();
  });

  it("that cannot be refreshed is asked for, and an answer that does not come is no answer", async () => {
    const token = { ...answered(), session: false };
    vi.mocked(whoAmI).mockResolvedValueOnce(token);
    await restoreSession();
    vi.mocked(whoAmI).mockRejectedValueOnce(new Unreachable()).mockResolvedValueOnce(token);
    await expect(keepSession()).rejects.toThrow("cannot be reached");
    await expect(keepSession()).resolves.toBeUndefined();
    expect(refreshSession).not.toHaveBeenCalled();
  });

  it("of a password that somebody else made goes on once there is another", async () => {
    await begin(true);
    expect(session.value).toMatchObject({ is: "signed-in", me: { must_change_password: true } });
    const page = mount(MustChange, { me: { ...answered(true), session: true } });
    type(page.find("current-password"), "theirs");
    type(page.find("new-password"), "my own secret");
    type(page.find("new-password-again"), "my own secret");
    submit(page.find("password-form"));
    await shown();
    expect(changePassword).toHaveBeenCalledExactlyOnceWith("theirs", "my own secret");
    expect(session.value).toMatchObject({ is: "signed-in", me: { must_change_password: false } });
    page.unmount();
  });
});

describe("the form of a password", () => {
  it.each([
    ["", "a new secret", "a new secret", "current-password"],
    ["theirs", "short", "short", "new-password"],
    ["the same one", "the same one", "the same one", "new-password"],
    ["theirs", "a new secret", "another secret", "new-password-again"],
  ])("%j, %j, %j is refused at its field", async (current, next, again, wrong) => {
    const page = mount(PasswordForm, { user: "alice" });
    type(page.find("current-password"), current);
    type(page.find("new-password"), next);
    type(page.find("new-password-again"), again);
    submit(page.find("password-form"));
    await shown();
    const marked = page.root.querySelectorAll<HTMLElement>("[aria-invalid=true]");
    expect([...marked].map(({ dataset }) => dataset.testid)).toEqual([wrong]);
    expect(changePassword).not.toHaveBeenCalled();
    page.unmount();
  });

  it("shows what the server refuses at its field, and tells password managers what is what", async () => {
    const page = mount(PasswordForm, { user: "alice" });
    const fields = [...page.root.querySelectorAll("input")];
    expect(fields.map((field) => field.getAttribute("autocomplete"))).toEqual([
      "username",
      "current-password",
      "new-password",
      "new-password",
    ]);
    type(page.find("current-password"), "guess");
    type(page.find("new-password"), "a new secret");
    type(page.find("new-password-again"), "a new secret");
    vi.mocked(changePassword).mockRejectedValueOnce(
      new Problem(401, "bad_credentials", "Another."),
    );
    submit(page.find("password-form"));
    await shown();
    expect(page.find("current-password")?.getAttribute("aria-invalid")).toBe("true");
    page.unmount();
  });
});

describe("where somebody is signed in", () => {
  const open = (id: string, current: boolean) => ({
    id,
    current,
    created_at: inHours(-1),
    expires_at: inHours(11),
    ends_at: inHours(719),
  });

  it("is listed, and ended there", async () => {
    vi.mocked(listSessions).mockResolvedValueOnce({
      items: [open("a", true), open("b", false)],
      next: null,
    });
    const page = mount(Sessions, { user: "alice" }, newInbox());
    await shown();
    expect(page.all("session").map(({ dataset }) => dataset.current)).toEqual(["true", "false"]);
    expect(page.all("end-session")).toHaveLength(1);
    vi.mocked(listSessions).mockResolvedValueOnce({ items: [open("a", true)], next: null });
    page.find("end-session")?.click();
    await shown();
    page.find("end-session-confirm")?.click();
    await shown();
    expect(endSession).toHaveBeenCalledExactlyOnceWith("b");
    expect(page.all("session")).toHaveLength(1);
    expect(logout).not.toHaveBeenCalled();
    page.find("sign-out-everywhere")?.click();
    await shown();
    page.find("sign-out-everywhere-confirm")?.click();
    await shown();
    expect(logout).toHaveBeenCalledExactlyOnceWith(true);
    page.unmount();
  });
});
