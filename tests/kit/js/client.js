import { once } from 'node:events';

import { WebSocket } from 'ws';

/** A connection of the library ws whose events a test can wait for. */
export class Client {
  #received = [];
  #response;
  #error;
  #lost;

  /** What ws reports once it has closed: `{ code, reason, wasClean }`. */
  closed;

  constructor(url, protocols, options) {
    this.socket = new WebSocket(url, protocols, { rejectUnauthorized: false, ...options });
    this.closed = new Promise((resolve) => {
      this.socket.addEventListener('close', ({ code, reason, wasClean }) => {
        resolve({ code, reason, wasClean });
      });
    });
    this.#lost = this.closed.then(({ code }) => {
      throw new Error(`the connection has closed with ${code}`, { cause: this.#error });
    });
    this.#lost.catch(() => {}); // it may close while no test waits
    this.socket.on('error', (error) => {
      this.#error = error;
    });
    this.socket.on('upgrade', (response) => {
      this.#response = response;
    });
    this.socket.on('message', (data, isBinary) => this.#received.push({ isBinary, data }));
  }

  /**
   * Connects, and rejects with the error of ws if that fails.
   *
   * @param {string} url
   * @param {object} [options] of ws, and `protocols`
   * @returns {Promise<Client>}
   */
  static async open(url, { protocols = [], ...options } = {}) {
    const client = new Client(url, protocols, options);

    await once(client.socket, 'open');
    return client;
  }

  /** The extensions in the server's response, as it wrote them. */
  get extensions() {
    return this.#response.headers['sec-websocket-extensions'] ?? '';
  }

  /** How many bytes have arrived on the TCP connection. */
  get bytesRead() {
    return this.#response.socket.bytesRead;
  }

  /** Sends a message, or with `fin: false` a fragment of it. */
  send({ isBinary, data }, { fin = true } = {}) {
    this.socket.send(data, { binary: isBinary, fin });
  }

  /** Sends raw bytes, past ws. */
  sendRaw(bytes) {
    this.#response.socket.write(bytes);
  }

  /** @returns the next message, or rejects if the connection closes first */
  async next() {
    while (this.#received.length === 0) {
      await this.happens('message');
    }
    return this.#received.shift();
  }

  /** Waits for an event of ws, or rejects if the connection closes first. */
  happens(event) {
    return Promise.race([once(this.socket, event), this.#lost]);
  }

  /** @returns the echo of a message and how many bytes it took to arrive */
  async exchange(message) {
    const before = this.bytesRead;

    this.send(message);
    return { echo: await this.next(), wireBytes: this.bytesRead - before };
  }

  /** Ends the connection without a closing handshake. */
  drop() {
    this.socket.terminate();
  }
}
