// A loopback port that nobody uses.

import { createServer } from "node:net";

/**
 * Below the range that the kernel gives to outgoing connections (32768 and up on Linux): a server
 * that is killed must find its port still free when it starts again.
 */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const TRIES = 50;

export async function freePort() {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST} in ${TRIES} tries`);
}

function isFree(port) {
  return new Promise((answer) => {
    const listener = createServer();
    listener.once("error", () => answer(false));
    listener.listen(port, "127.0.0.1", () => listener.close(() => answer(true)));
  });
}
