// The proxy of the kit, and all that it can do to what passes.

export { newDice } from "./proxy/dice.mjs";
export * from "./proxy/faults.mjs";
export { Proxy } from "./proxy/proxy.mjs";
