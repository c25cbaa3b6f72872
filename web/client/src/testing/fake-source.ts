// For tests alone: what `new EventSource` makes, in the hands of the test.

export class FakeSource extends EventTarget {
  static newest: FakeSource;
  closed = false;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(
    readonly url: string,
    readonly options: EventSourceInit,
  ) {
    super();
    FakeSource.newest = this;
  }
  close() {
    this.closed = true;
  }
  say(type: string, data: string, lastEventId = "") {
    this.dispatchEvent(new MessageEvent(type, { data, lastEventId }));
  }
}
