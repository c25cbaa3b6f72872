// Delivery is at least once; a repeat carries the same id. This remembers enough ids to drop repeats.

/** A repeat follows a reconnection, so it repeats something recent: older ids need not be kept. */
const REMEMBERED = 1_000;

export class SeenIds {
  #ids = new Set<string>();

  /** True the first time an id comes by. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > REMEMBERED) {
      for (const oldest of this.#ids) {
        this.#ids.delete(oldest);
        break; // a Set iterates in the order of insertion
      }
    }
    return true;
  }

  clear(): void {
    this.#ids.clear();
  }
}
