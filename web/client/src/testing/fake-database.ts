// For tests alone: IndexedDB as its specification has it, and as little of it as is needed. What a transaction writes
// is there once it has completed, and not before.

type Values = Map<string, unknown>;

interface Asking<T> {
  result: T;
  onsuccess: () => void;
}

function answered<T>(result: T, then = () => {}): Asking<T> {
  const asking = { result, onsuccess: () => {} };
  queueMicrotask(() => {
    asking.onsuccess();
    then();
  });
  return asking;
}

/** What a browser keeps, and how it fails. */
export class FakeDisk {
  readonly opened: FakeDatabase[] = [];
  readonly stores: Record<string, Values> = { pages: new Map(), marks: new Map() };
  full = false;
  /** Nothing is answered, neither with yes nor with no. */
  hangs = false;

  open = () => {
    if (this.hangs) return { result: null };
    const database = new FakeDatabase(this);
    this.opened.push(database);
    return answered(database);
  };

  get newest(): FakeDatabase {
    return this.opened.at(-1) as FakeDatabase;
  }

  /** As another tab does it. */
  delete(): void {
    Object.values(this.stores).forEach((values) => values.clear());
    this.opened.forEach((database) => database.onversionchange({ newVersion: null }));
  }
}

export class FakeDatabase {
  closed = false;
  onclose = () => {};
  onversionchange = (_: { newVersion: number | null }) => {};

  constructor(readonly disk: FakeDisk) {}

  close() {
    this.closed = true;
  }

  transaction() {
    if (this.closed) throw new DOMException("closed", "InvalidStateError");
    const { disk } = this;
    const writes: (() => void)[] = [];
    let open = 0;
    const transaction = {
      error: null as DOMException | null,
      oncomplete: () => {},
      onabort: () => {},
      objectStore: (name: string) => {
        const values = disk.stores[name] as Values;
        const ask = <T>(result: T) => {
          open += 1;
          return disk.hangs ? { result } : answered(result, over);
        };
        const write = (what: () => void) => ask(void writes.push(what));
        return {
          get: (key: string) => ask(values.get(key)),
          getAll: () => ask([...values.keys()].sort().map((key) => values.get(key))),
          put: (value: object, key?: string) =>
            write(() => values.set(key ?? (value as { key: string }).key, structuredClone(value))),
          delete: (key: string) => write(() => values.delete(key)),
        };
      },
    };
    const over = () => {
      open -= 1;
      if (open > 0) return;
      if (disk.full && writes.length > 0) {
        transaction.error = new DOMException("full", "QuotaExceededError");
        transaction.onabort();
      } else {
        writes.forEach((write) => write());
        transaction.oncomplete();
      }
    };
    return transaction;
  }
}
