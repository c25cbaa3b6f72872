// Where the script came from: the server, unless the host names another one.

const home = { origin: "" };

export const cameFrom = (address: string): void => void (home.origin = new URL(address).origin);

/** What the host names, without a slash at its end; else where the script came from; else the page's own. */
export const serverOf = (named: string | null): string =>
  named?.replace(/\/+$/, "") || home.origin || location.origin;
