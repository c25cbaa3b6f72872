// The faults that are to happen: each for so many times, or until it is ended.

/** Enough for a scenario, so that one that plans in a loop is found out. */
const MOST_PLANS = 100;

export class Plans {
  #plans = [];
  /** How often each fault has happened. */
  done = {};

  /** `on`: "carrier" (what notifications come by), "api" (every request), or a test of the path. */
  add(fault, { on = "carrier" } = {}) {
    if (this.#plans.length >= MOST_PLANS) throw new RangeError("too many plans");
    const plan = new Plan(fault, on, (name) => this.count(name));
    this.#plans.push(plan);
    return plan;
  }

  count(name) {
    this.done[name] = (this.done[name] ?? 0) + 1;
  }

  /** Those that are not over, for a kind of request. */
  of(at, line) {
    return this.#plans.filter((plan) => plan.fault.at === at && !plan.over && plan.meets(line));
  }

  clear() {
    for (const plan of this.#plans) plan.end();
    this.#plans = [];
  }
}

class Plan {
  used = 0;
  /** It has happened by half. */
  pending = false;
  #ended = false;
  #count;

  constructor(fault, on, count) {
    this.fault = fault;
    this.on = on;
    this.#count = count;
  }

  get over() {
    return this.#ended || (this.used >= this.fault.times && !this.pending);
  }

  meets({ kind, path }) {
    if (this.on === "carrier") return kind !== "other";
    return this.on === "api" || this.on.test(path);
  }

  /** Once more. False: it has happened as often as it should. */
  use() {
    if (this.#ended || this.used >= this.fault.times) return false;
    this.used += 1;
    this.#count(this.fault.name);
    return true;
  }

  end() {
    this.#ended = true;
  }
}
