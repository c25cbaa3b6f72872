// What can go wrong with a request: the server says no (RFC 9457), or it does not answer at all.

export interface FieldError {
  field: string;
  code: string;
  detail: string;
}

/** The server's own refusal. `code` is the word to program against, `detail` the one to show. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: FieldError[] = [],
    readonly requestId?: string,
  ) {
    super(detail);
  }

  /** Reads a refused answer. A proxy in between may answer with anything: never trust its shape. */
  static async from(answer: Response): Promise<Problem> {
    const body: unknown = await answer.json().catch(() => null);
    const fields = isObject(body) ? body : {};
    const errors = Array.isArray(fields.errors) ? fields.errors.filter(isFieldError) : [];
    return new Problem(
      answer.status,
      text(fields.code) ?? "unknown",
      text(fields.detail) ?? text(fields.title) ?? `The server answered ${answer.status}.`,
      errors,
      text(fields.request_id),
    );
  }
}

/** No answer came: the network is away, the server is down, or the time is up. */
export class Unreachable extends Error {
  constructor() {
    super("The server cannot be reached. Check the connection and try again.");
  }
}

/** One sentence for the reader, whatever was thrown. */
export function explain(error: unknown): string {
  if (error instanceof Problem || error instanceof Unreachable) return error.message;
  return "Something went wrong in this page.";
}

/** The same above a form, where each field says what is wrong with it. */
export function explainForm(error: unknown): string {
  const marked = error instanceof Problem && error.errors.length > 0;
  return marked ? "Please mend what is marked below." : explain(error);
}

/** What is wrong with which field, in one sentence or two for each. */
export function errorsByField(error: unknown): Record<string, string> {
  const told: Record<string, string> = {};
  for (const { field, detail } of error instanceof Problem ? error.errors : []) {
    told[field] = [told[field], detail].filter(Boolean).join(" ");
  }
  return told;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isFieldError(value: unknown): value is FieldError {
  return isObject(value) && typeof value.field === "string" && typeof value.detail === "string";
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
