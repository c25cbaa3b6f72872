import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  changeAccount,
  createAccount,
  createApiKey,
  listAccounts,
  listApiKeys,
  revokeApiKey,
} from "../api/calls";
import { Problem } from "../api/problem";
import type { Account, ApiKey, Me } from "../api/types";
import { mount, shown, type } from "../testing";
import AccountsPage from "./AccountsPage.vue";
import ApiKeysPage from "./ApiKeysPage.vue";
import { madeUpPassword } from "./passwords";

vi.mock("../api/calls");

const AT = "2026-11-20T12:00:00.000Z";
const me: Me = {
  user: "root",
  role: "admin",
  expires_at: AT,
  session: true,
  must_change_password: false,
};
const account = (user: string, more: Partial<Account> = {}): Account => ({
  user,
  role: "user",
  disabled: false,
  must_change_password: false,
  created_at: AT,
  ...more,
});
const key = (id: string, more: Partial<ApiKey> = {}): ApiKey => ({
  id,
  name: `Key ${id}`,
  scopes: ["publish"],
  created_by: "root",
  created_at: AT,
  last_used_at: null,
  revoked_at: null,
  ...more,
});

const submit = (form: HTMLElement | null) =>
  form?.dispatchEvent(new Event("submit", { cancelable: true }));

const secretOf = (field: HTMLElement | null) => (field as HTMLInputElement | null)?.value;

beforeEach(() => {
  vi.resetAllMocks();
});

describe("accounts", () => {
  async function open(items: Account[]) {
    vi.mocked(listAccounts).mockResolvedValue({ items, next: null });
    const page = mount(AccountsPage, { me });
    await shown();
    const card = (user: string) => page.root.querySelector(`[data-user="${user}"]`);
    const press = async (user: string, button: string) => {
      card(user)?.querySelector<HTMLElement>(`[data-testid="${button}"]`)?.click();
      await shown();
    };
    return { page, card, press };
  }

  it("offer nothing for one's own that would be refused", async () => {
    const { page, card } = await open([
      account("alice"),
      account("bob", { disabled: true }),
      account("root", { role: "admin" }),
    ]);
    expect(card("alice")?.querySelectorAll("button")).toHaveLength(5);
    expect(card("bob")?.querySelectorAll("button")).toHaveLength(4); // nowhere to be signed out of
    expect(card("root")?.querySelectorAll("button")).toHaveLength(0);
    page.unmount();
  });

  it("are made with a password that is shown once", async () => {
    const { page } = await open([]);
    page.find("new-account")?.click();
    await shown();
    type(page.find("account-user"), " bob ");
    vi.mocked(createAccount).mockRejectedValueOnce(new Problem(409, "conflict", "There is one."));
    submit(page.find("account-form"));
    await shown();
    expect(page.find("account-user")?.getAttribute("aria-invalid")).toBe("true");
    page.find("account-admin")?.click();
    vi.mocked(createAccount).mockResolvedValueOnce({ ...account("bob"), password: "made up" });
    submit(page.find("account-form"));
    await shown();
    expect(createAccount).toHaveBeenLastCalledWith("bob", "admin");
    expect(secretOf(page.find("once-secret"))).toBe("made up");
    page.find("once-done")?.click();
    await shown();
    expect(page.find("once")).toBeNull();
    expect(document.activeElement).toBe(page.find("new-account"));
    page.unmount();
  });

  it("are disabled after a question, and enabled without", async () => {
    const { page, press } = await open([account("alice"), account("bob", { disabled: true })]);
    await press("alice", "disable-account");
    expect(changeAccount).not.toHaveBeenCalled();
    await press("alice", "disable-account-confirm");
    expect(changeAccount).toHaveBeenLastCalledWith("alice", { disabled: true });
    await press("bob", "enable-account");
    expect(changeAccount).toHaveBeenLastCalledWith("bob", { disabled: false });
    page.unmount();
  });

  it("get another password that is shown only when it is theirs", async () => {
    const { page, press } = await open([account("alice")]);
    vi.mocked(changeAccount).mockRejectedValueOnce(new Problem(503, "unavailable", "Busy."));
    await press("alice", "reset-password");
    await press("alice", "reset-password-confirm");
    expect(page.find("once")).toBeNull();
    vi.mocked(changeAccount).mockResolvedValueOnce(account("alice"));
    await press("alice", "reset-password");
    await press("alice", "reset-password-confirm");
    const shownOnce = secretOf(page.find("once-secret"));
    expect(changeAccount).toHaveBeenLastCalledWith("alice", { password: shownOnce });
    page.unmount();
  });

  it("get passwords that cannot be guessed or misread", () => {
    const some = Array.from({ length: 100 }, madeUpPassword);
    expect(new Set(some).size).toBe(100);
    for (const one of some) expect(one).toMatch(/^[a-km-z2-9]{20}$/);
  });
});

describe("API keys", () => {
  async function open(items: ApiKey[]) {
    vi.mocked(listApiKeys).mockResolvedValue({ items, next: null });
    const page = mount(ApiKeysPage);
    await shown();
    return page;
  }

  it("tell what they are for, who made them and when they were used", async () => {
    const page = await open([
      key("a", { scopes: ["publish", "manage"], last_used_at: AT }),
      key("b", { revoked_at: AT }),
    ]);
    const [first, second] = page.all("api-key").map((card) => card.textContent);
    expect(first).toMatch(/publish\s*manage.*made by root.*last used/s);
    expect(second).toMatch(/Revoked.*never used/s);
    expect(page.all("revoke-key")).toHaveLength(1);
    page.unmount();
  });

  it("are shown once when they are made, and never after", async () => {
    const page = await open([]);
    page.find("new-key")?.click();
    await shown();
    type(page.find("key-name"), "CI");
    page.find("scope-manage")?.click();
    vi.mocked(createApiKey).mockResolvedValueOnce({ ...key("a"), name: "CI", key: "tdk_secret" });
    submit(page.find("key-form"));
    await shown();
    expect(createApiKey).toHaveBeenCalledExactlyOnceWith("CI", ["publish", "manage"]);
    expect(secretOf(page.find("once-secret"))).toBe("tdk_secret");
    page.find("once-done")?.click();
    await shown();
    expect(page.root.innerHTML).not.toContain("tdk_secret");
    page.unmount();
  });

  it("are revoked after a question, also when somebody else was first", async () => {
    const page = await open([key("a")]);
    page.find("revoke-key")?.click();
    await shown();
    expect(revokeApiKey).not.toHaveBeenCalled();
    vi.mocked(revokeApiKey).mockRejectedValueOnce(new Problem(404, "not_found", "None."));
    vi.mocked(listApiKeys).mockResolvedValue({ items: [key("a", { revoked_at: AT })], next: null });
    page.find("revoke-key-confirm")?.click();
    await shown();
    expect(revokeApiKey).toHaveBeenCalledExactlyOnceWith("a");
    expect(page.find("key-revoked")).not.toBeNull();
    page.unmount();
  });
});
