import { backoffMs } from './backoff.js';
import { toBytes } from './payload.js';

/**
 * @typedef {'ready' | 'connecting' | 'open' | 'closing' | 'closed' | 'waiting'} State
 *   waiting: lost, and about to reconnect
 *
 * Activity: { type, at } on performance.now()'s clock; and for open: url, protocol, extensions;
 *   send, receive: data, bytes; close: code, reason; fail: url, detail if the browser gives any,
 *   left if the user gave up; retry: attempt, delayMs
 */

const stableMs = 5000; // a connection that lasts this long works

/**
 * A WebSocket that can be opened again, by itself if asked to. Dispatches "state" and "activity",
 * with a State and an Activity as detail.
 */
export class Connection extends EventTarget {
  /** Whether to connect again when the connection is lost or fails. */
  reconnects = false;

  /** @type {State} */
  state = 'ready';

  #socket;
  #target;
  #attempt;
  #timer;
  #left;

  /** Bytes sent but not yet taken by the network. */
  get bufferedBytes() {
    return this.#socket.bufferedAmount;
  }

  /** Connects to an address, offering subprotocols. Every outcome arrives as events. */
  open(...target) {
    this.#target = target;
    this.#attempt = 0;
    this.#connect();
  }

  /** Sends a message. Returns false if the connection is no longer open. */
  send(data) {
    // After the server's Close what is sent is lost, before any event says so.
    if (this.#socket.readyState !== WebSocket.OPEN) {
      this.#enter('closing');
      return false;
    }
    const at = performance.now();

    this.#socket.send(data);
    this.#report('send', { at, data, bytes: toBytes(data).length });
    return true;
  }

  /**
   * Starts the closing handshake, with a code and a reason or neither, or gives up connecting.
   *
   * On leaving the page, the browser itself closes with 1001.
   */
  close(...answer) {
    this.#left = true;
    if (this.state === 'waiting') {
      clearTimeout(this.#timer);
      this.#enter('closed');
    } else {
      this.#enter('closing');
      this.#socket.close(...answer);
    }
  }

  #connect() {
    const [url] = this.#target;

    clearTimeout(this.#timer);
    this.#left = false;
    this.#enter('connecting');
    try {
      this.#socket = new WebSocket(...this.#target);
      this.#listen(this.#socket, url);
    } catch (error) {
      this.#enter('closed');
      this.#report('fail', { url, detail: error.message });
    }
  }

  #listen(socket, url) {
    let openedAt;

    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      const { protocol, extensions } = socket;

      openedAt = performance.now();
      this.#enter('open');
      this.#report('open', { url, protocol, extensions });
    });
    socket.addEventListener('message', ({ data: payload }) => {
      const at = performance.now();
      const data = typeof payload === 'string' ? payload : new Uint8Array(payload);

      this.#report('receive', { at, data, bytes: toBytes(data).length });
    });
    // "error" adds nothing to the "close" that follows
    socket.addEventListener('close', ({ code, reason }) => {
      const left = this.#left;
      const retries = this.reconnects && !left;

      this.#enter(retries ? 'waiting' : 'closed');
      if (openedAt) {
        this.#report('close', { code, reason });
      } else {
        this.#report('fail', { url, left });
      }
      if (retries) {
        this.#retry(performance.now() - openedAt > stableMs ? 1 : this.#attempt + 1);
      }
    });
  }

  #retry(attempt) {
    const delayMs = backoffMs(attempt);

    this.#attempt = attempt;
    this.#timer = setTimeout(() => this.#connect(), delayMs);
    this.#report('retry', { attempt, delayMs });
  }

  #enter(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: state }));
  }

  #report(type, activity) {
    const detail = { type, at: performance.now(), ...activity };

    this.dispatchEvent(new CustomEvent('activity', { detail }));
  }
}
