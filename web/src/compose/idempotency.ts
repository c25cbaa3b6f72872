// One draft, one effect: a retry of the unchanged draft carries the same key, so that an answer lost
// on the way cannot make a second notification.

export type Random = Pick<Crypto, "getRandomValues"> & { randomUUID?: () => string };

export class IdempotencyKeys {
  #last: { body: string; key: string } | null = null;

  constructor(private readonly random: Random) {}

  for(body: unknown): string {
    const text = JSON.stringify(body);
    if (this.#last?.body !== text) this.#last = { body: text, key: newKey(this.random) };
    return this.#last.key;
  }

  /** It was sent: the same text again is meant as another notification. */
  done(): void {
    this.#last = null;
  }
}

/** Browsers offer randomUUID on https and localhost only; a server at home is often plain http. */
function newKey(random: Random): string {
  if (typeof random.randomUUID === "function") return random.randomUUID();
  const bytes = random.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
