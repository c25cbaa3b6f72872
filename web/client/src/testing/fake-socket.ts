// For tests alone: what `new WebSocket` makes, in the hands of the test.

export class FakeSocket {
  static newest: FakeSocket;
  closed = false;
  readonly sent: unknown[] = [];
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: ((event: object) => void) | null = null;
  onerror: ((event: object) => void) | null = null;

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    FakeSocket.newest = this;
  }
  close() {
    this.closed = true;
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  say(event: string, data: unknown, id?: string) {
    this.onmessage?.({ data: JSON.stringify({ event, id, data }) });
  }
  end() {
    this.onclose?.({});
  }
  /** As Chromium does where the page's policy forbids it: no `close` follows. */
  forbid() {
    this.onerror?.({});
  }
}
