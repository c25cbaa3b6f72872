// Feeds a running server with recorded webhooks, at the pace of people at work. See --help.

import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { toDraft } from "./map.mjs";
import { between, send } from "./pace.mjs";
import { payloads } from "./payloads.mjs";

const USAGE = `Usage: node demo/feed.mjs [options]

  --url URL       the server (TIDINGS_URL; default http://127.0.0.1:8080)
  --token TOKEN   an admin's token or an API key (TIDINGS_TOKEN; default: made by "tidings token")
  --users A,B     who gets them, in turns (default alice,bob)
  --count N       stop after so many (default: all ${payloads.length})
  --fast          no pauses; otherwise one every 2 to 6 seconds
  --help          this text
`;

const SLOWEST_MS = 6_000;
const FASTEST_MS = 2_000;

/** One in so many is for everyone. */
const EVERYONE_EACH = 8;

const ROOT = join(import.meta.dirname, "../..");

function readOptions() {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: process.env.TIDINGS_URL ?? "http://127.0.0.1:8080" },
      token: { type: "string", default: process.env.TIDINGS_TOKEN },
      users: { type: "string", default: "alice,bob" },
      count: { type: "string", default: String(payloads.length) },
      fast: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const count = Number(values.count);
  const users = values.users.split(",").filter((name) => name !== "");
  if (!Number.isSafeInteger(count) || count < 1)
    throw new Error("--count is a whole number from 1");
  if (users.length === 0) throw new Error("--users names at least one user");
  return { ...values, url: values.url.replace(/\/+$/, ""), count, users };
}

/** The binary knows the secret by the same configuration as the server, from the same directory. */
async function mintToken() {
  const binary = [
    process.env.TIDINGS_BIN,
    join(ROOT, "target/release/tidings"),
    join(ROOT, "target/debug/tidings"),
  ].find((path) => path && existsSync(path));
  if (!binary) throw new Error("no token, and no binary to make one: build first, or give --token");
  const args = ["token", "--sub", "root", "--role", "admin"];
  const { stdout } = await promisify(execFile)(binary, args, { cwd: ROOT });
  return stdout.trim();
}

/** Another order each time: thirty issues in a row are no day at work. */
function shuffled(items) {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

const recipients = (index, users) =>
  index % EVERYONE_EACH === EVERYONE_EACH - 1
    ? { everyone: true }
    : { user: users[index % users.length] };

async function feed(options, signal) {
  const target = { url: options.url, token: options.token ?? (await mintToken()) };
  const chosen = shuffled(payloads).slice(0, options.count);
  const run = randomUUID(); // of another run, the same delivery is another notification
  const width = String(chosen.length).length;
  const say = (why, ms) =>
    console.log(`${" ".repeat(2 * width + 2)}… ${why}, again in ${ms / 1000} s`);
  console.log(`${chosen.length} notifications to ${options.users.join(", ")} on ${target.url}`);
  let done = 0;
  try {
    for (const [index, recorded] of chosen.entries()) {
      if (index > 0 && !options.fast) {
        await pause(between(FASTEST_MS, SLOWEST_MS), undefined, { signal });
      }
      const draft = { to: recipients(index, options.users), ...toDraft(recorded) };
      await send(target, draft, `demo-${run}-${recorded.delivery}`, { signal, say });
      done += 1;
      const to = draft.to.user ?? "everyone";
      console.log(
        `${String(done).padStart(width)}/${chosen.length} ${draft.level.padEnd(7)} ${to.padEnd(8)} ${draft.title}`,
      );
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  console.log(`${done} of ${chosen.length} sent${signal.aborted ? ", stopped" : ""}.`);
}

const off = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => off.abort());

try {
  const options = readOptions();
  if (options.help) console.log(USAGE);
  else await feed(options, off.signal);
} catch (error) {
  console.error(`${error.message}${error.code?.startsWith?.("ERR_PARSE") ? `\n\n${USAGE}` : ""}`);
  process.exitCode = 1;
}
