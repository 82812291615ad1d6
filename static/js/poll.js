// A stand-in for WebSocket where the network lets none through: the same frames by HTTP requests that wait for news.

const COME_BACK = 3001;
const REFUSED = 3504;

export class PollSocket {
  readyState = WebSocket.CONNECTING;
  onmessage = null; // called with { data } as a WebSocket's is
  onclose = null; // called with { code }
  #address;
  #stop = new AbortController();

  // address: the socket's own, as a URL with `view` and `after`.
  constructor(address) {
    this.#address = new URL(address);
    this.#address.protocol = location.protocol;
    this.#run();
  }

  send() {} // what the page shows need not be known: a poll is told of every change

  close() {
    this.readyState = WebSocket.CLOSED;
    this.#stop.abort();
  }

  // The first answer does not wait: it says that this way works.
  async #run() {
    this.#address.searchParams.set("wait", "0");
    for (let code = 0; !code; ) code = await this.#ask();
  }

  async #ask() {
    let answer;
    try {
      answer = await fetch(this.#address, { signal: this.#stop.signal, cache: "no-store" });
      this.#hear(await answer.json());
    } catch {
      return this.#end(COME_BACK);
    }
    this.#address.searchParams.delete("wait");
    return answer.ok ? 0 : this.#end(answer.status === 403 ? REFUSED : COME_BACK);
  }

  #hear(frames) {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.OPEN;
    for (const { cursor } of frames) if (cursor !== undefined) this.#address.searchParams.set("after", cursor);
    this.onmessage?.({ data: JSON.stringify(frames) });
  }

  #end(code) {
    if (this.readyState !== WebSocket.CLOSED) {
      this.readyState = WebSocket.CLOSED;
      this.onclose?.({ code });
    }
    return code;
  }
}
