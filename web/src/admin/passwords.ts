// Passwords for somebody else: made up as the server does it, easy to read out and to type.

/** 32 characters, none of which looks like another. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
const LENGTH = 20;

export function madeUpPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(LENGTH));
  return Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/** How it is shown to who made it. */
export const passwordOf = (user: string, secret: string) => ({
  label: `Password of ${user}`,
  hint: "Shown now, and never again. They choose one of their own when they sign in with it.",
  secret,
});
