import { beforeEach, describe, expect, it, vi } from "vitest";
import { request, whenUnauthenticated } from "./client";
import { explain, Problem, Unreachable } from "./problem";

const fetched = vi.fn<typeof fetch>();

function answer(status: number, body: unknown): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  fetched.mockResolvedValueOnce(new Response(status === 204 ? null : text, { status }));
}

beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal("fetch", fetched);
  return () => vi.unstubAllGlobals();
});

describe("a request", () => {
  it("carries the cookie, JSON, and what else it is told", async () => {
    answer(201, { id: "n1" });
    await expect(request("POST", "/x", { a: 1 }, { headers: { k: "v" } })).resolves.toEqual({
      id: "n1",
    });
    expect(fetched).toHaveBeenCalledWith(
      "/api/v1/x",
      expect.objectContaining({
        method: "POST",
        body: '{"a":1}',
        credentials: "same-origin",
        headers: { accept: "application/json", "content-type": "application/json", k: "v" },
      }),
    );
  });

  it("answers nothing for 204", async () => {
    answer(204, "");
    await expect(request("POST", "/auth/logout")).resolves.toBeUndefined();
  });

  it("throws the server's own words", async () => {
    answer(422, {
      title: "Invalid",
      detail: "Two fields are wrong.",
      code: "invalid",
      request_id: "r1",
      errors: [{ field: "title", code: "length", detail: "Too long." }, "rubbish"],
    });
    const problem = await request("POST", "/x").catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ status: 422, code: "invalid", requestId: "r1" });
    expect((problem as Problem).errors).toHaveLength(1);
    expect(explain(problem)).toBe("Two fields are wrong.");
  });

  it("makes sense of a proxy's page", async () => {
    answer(502, "<h1>Bad gateway</h1>");
    await expect(request("GET", "/x")).rejects.toThrow("The server answered 502.");
  });

  it("tells a server that is away from one that refuses", async () => {
    fetched.mockRejectedValueOnce(new TypeError("network"));
    await expect(request("GET", "/x")).rejects.toBeInstanceOf(Unreachable);
    answer(200, "{ cut off");
    await expect(request("GET", "/x")).rejects.toBeInstanceOf(Unreachable);
  });

  it("gives up on an answer that never comes", async () => {
    vi.useFakeTimers();
    fetched.mockImplementationOnce(
      (_, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
        }),
    );
    const outcome = expect(request("GET", "/x")).rejects.toBeInstanceOf(Unreachable);
    await vi.advanceTimersByTimeAsync(20_000);
    await outcome;
    vi.useRealTimers();
  });

  it("says when the session is over, and that a password is wrong is something else", async () => {
    const ended = vi.fn<() => void>();
    whenUnauthenticated(ended);
    answer(401, { code: "bad_credentials", detail: "Wrong." });
    await request("POST", "/auth/login").catch(() => {});
    answer(401, { code: "bad_credentials", detail: "Wrong." });
    await request("POST", "/auth/password").catch(() => {});
    expect(ended).not.toHaveBeenCalled();
    answer(401, { code: "unauthenticated", detail: "Sign in." });
    await request("GET", "/inbox").catch(() => {});
    expect(ended).toHaveBeenCalledOnce();
  });
});
