/** @typedef {import('./log.js').Activity} Activity */
/** @typedef {import('./state.js').State} State */

/**
 * A WebSocket that can be opened again once it has closed.
 *
 * Dispatches "state" with the new State as detail, and "activity" with an Activity as detail.
 */
export class Connection extends EventTarget {
  /** @type {WebSocket | undefined} */
  #socket;

  /**
   * Connects. Every outcome, a refusal by the browser too, arrives as events.
   *
   * @param {string} url absolute, ws: or wss:
   */
  open(url) {
    this.#enter('connecting');
    try {
      this.#socket = new WebSocket(url);
    } catch (error) {
      this.#enter('closed');
      this.#report({ type: 'fail', url, detail: error.message });
      return;
    }
    this.#listen(this.#socket, url);
  }

  /**
   * Sends one text message. Only while open.
   *
   * @param {string} data
   */
  send(data) {
    // Once the server's Close has come, what is sent is lost, and no event has told so yet.
    if (this.#socket.readyState !== WebSocket.OPEN) {
      this.#enter('closing');
      return;
    }
    this.#socket.send(data);
    this.#report({ type: 'send', data });
  }

  /**
   * Starts the closing handshake. Only while open.
   *
   * Nobody needs to call it when the page is left: the browser then closes with 1001.
   *
   * @param {string} reason at most 123 bytes of UTF-8
   */
  close(reason) {
    this.#enter('closing');
    this.#socket.close(1000, reason);
  }

  #listen(socket, url) {
    let opened = false;

    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      opened = true;
      this.#enter('open');
      this.#report({ type: 'open', url });
    });
    socket.addEventListener('message', ({ data }) => this.#report({ type: 'receive', data }));
    // "error" tells nothing that the "close" after it does not
    socket.addEventListener('close', ({ code, reason }) => {
      this.#enter('closed');
      this.#report(opened ? { type: 'close', code, reason } : { type: 'fail', url });
    });
  }

  /** @param {State} state */
  #enter(state) {
    this.dispatchEvent(new CustomEvent('state', { detail: state }));
  }

  /** @param {Activity} activity */
  #report(activity) {
    this.dispatchEvent(new CustomEvent('activity', { detail: activity }));
  }
}
