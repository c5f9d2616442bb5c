import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'; // RFC 6455 section 1.3
const opcodes = { binary: 0x2, close: 0x8 };

/** A WebSocket peer that does what an echo server never does. Takes one connection. */
export class Peer extends EventEmitter {
  #server = createServer();
  #socket;
  #closing = false;

  /** Whether the connection is kept after the closing handshake, for the client to wait. */
  lingers = false;

  /** @returns {Promise<Peer>} listening on a free port */
  static async start() {
    const peer = new Peer();

    peer.#server.on('upgrade', (request, socket) => peer.#accept(request, socket));
    peer.#server.listen(0, 'localhost');
    await once(peer.#server, 'listening');
    return peer;
  }

  get socketUrl() {
    return `ws://localhost:${this.#server.address().port}/ws`;
  }

  /** @param {Uint8Array} payload at most 125 bytes */
  sendBinary(payload) {
    this.#send(opcodes.binary, payload);
  }

  /** @param {number} code sent without a reason */
  sendClose(code) {
    this.#closing = true;
    this.#send(opcodes.close, [code >> 8, code & 0xff]);
  }

  /** Ends the connection without a closing handshake. */
  drop() {
    this.#socket.destroy();
  }

  /** @returns {Promise<{ code: number, reason: string }>} the next Close frame that arrives */
  async close() {
    const [close] = await once(this, 'close');
    return close;
  }

  async stop() {
    this.#socket?.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(request, socket) {
    const key = request.headers['sec-websocket-key'];
    const accept = createHash('sha1').update(key + guid).digest('base64');

    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (frame) => this.#receive(frame));
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
      + `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
  }

  // The tests wait between frames, and these are small: each arrives alone and whole.
  #receive(frame) {
    if ((frame[0] & 0xf) !== opcodes.close) {
      return;
    }
    const mask = frame.subarray(2, 6);
    const payload = frame.subarray(6).map((byte, index) => byte ^ mask[index % 4]);

    this.emit('close', {
      code: payload.length > 0 ? payload.readUInt16BE() : undefined,
      reason: payload.toString('utf8', 2),
    });
    if (!this.#closing) {
      this.#send(opcodes.close, payload);
    }
    if (!this.lingers) {
      this.#socket.end(); // the server is the first to close (RFC 6455 section 7.1.1)
    }
  }

  #send(opcode, payload) {
    this.#socket.write(Buffer.from([0x80 | opcode, payload.length, ...payload]));
  }
}
