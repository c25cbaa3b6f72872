// A PostgreSQL of a test's own: made in a temporary folder, reached by a socket in there and by nothing else, and ended
// with the process that started it, however that ends.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { appendFile, chown, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { finished } from "./child.mjs";
import { onEnd } from "./cleanup.mjs";
import { until } from "./wait.mjs";

/**
 * Runs the server, and ends it as soon as nobody holds the other end of the input any more. Ids are of
 * this shell's own child alone.
 */
const KEEP = `
"$1/postgres" -D "$2/data" >> "$2/log" 2>&1 &
server=$!
cat > /dev/null
kill -INT $server 2> /dev/null
wait $server
rm -rf "$2"
`;

/** Nothing here is worth what makes it outlive the machine. */
const SETTINGS = ["listen_addresses = ''", "fsync = off", "full_page_writes = off"];

/** Makes one and starts it. Resolves with the URL of an empty database; it is gone when the test is over. */
export async function newPostgres(t) {
  const folder = await mkdtemp(join(tmpdir(), "tidings-postgres-"));
  onEnd(t, () => rm(folder, { recursive: true, force: true })); // the keeper may not be let, outside of /tmp
  const [bin, owner] = await Promise.all([programs(), unprivileged()]);
  if (owner) await chown(folder, owner.uid, owner.gid);
  const as = { ...owner, cwd: "/", env: { PATH: process.env.PATH } };
  const run = (program, args) => finished(spawn(join(bin, program), args, as));

  const args = ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"];
  const data = join(folder, "data");
  const made = await run("initdb", [...args, "--username=tidings", "--pgdata", data]);
  assert.equal(made.code, 0, `initdb failed:\n${made.stdout}${made.stderr}`);
  const settings = [...SETTINGS, `unix_socket_directories = '${folder}'`];
  await appendFile(join(data, "postgresql.conf"), `${settings.join("\n")}\n`);

  // Detached: a Ctrl-C is for the tests, and this is to clean up behind them.
  const stdio = ["pipe", "ignore", "ignore"];
  const keeper = spawn("sh", ["-c", KEEP, "sh", bin, folder], { ...as, stdio, detached: true });
  const over = once(keeper, "exit");
  onEnd(t, () => {
    keeper.stdin.end();
    return over;
  });
  await until("PostgreSQL is ready", async () => {
    const { code, stdout } = await run("pg_isready", ["--host", folder]);
    assert.equal(code, 0, stdout + (await readFile(join(folder, "log"), "utf8")));
    return true;
  });
  return `postgres://tidings@localhost/postgres?host=${folder}`;
}

/** Where the programs of the newest PostgreSQL are. */
async function programs() {
  const debian = "/usr/lib/postgresql";
  const versions = await readdir(debian).catch(() => []);
  const newest = versions.sort((a, b) => b - a).map((version) => join(debian, version, "bin"));
  const path = process.env.PATH.split(delimiter);
  const found = [...newest, ...path].find((folder) => existsSync(join(folder, "initdb")));
  assert.ok(found, "PostgreSQL is missing. On Debian: apt-get install postgresql");
  return found;
}

/** Somebody else to be, for root, whom PostgreSQL refuses. */
async function unprivileged() {
  if (process.getuid() !== 0) return null;
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((user) => user.split(":"));
  const named = (name) => users.find((user) => user[0] === name);
  const user = named("postgres") ?? named("nobody");
  assert.ok(user, "somebody who is not root");
  return { uid: Number(user[2]), gid: Number(user[3]) };
}
