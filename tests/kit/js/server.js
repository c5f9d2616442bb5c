import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const binary = process.env.LWS_ECHO ?? join(repository, 'build/release/bin/lws-echo');
const ready = /^lws-echo is ready: open (https?:\/\/\S+:\d+\/)$/;
const sanitizerReport = /Sanitizer|runtime error:/;
const startTimeoutMs = 30_000;
const stopTimeoutMs = 30_000;

/** The real server, in its own process and on its own port. */
export class Server {
  #process;
  #errors;
  #stopped;

  /** Address of the page, ending in a slash. */
  url;

  /** Address of the echo service. */
  socketUrl;

  constructor(child, errors, url) {
    this.#process = child;
    this.#errors = errors;
    this.url = url;
    this.socketUrl = `${url.replace(/^http/, 'ws')}ws`;
  }

  /**
   * Starts the server and waits until it says that it is ready.
   *
   * @param {object} [config] the content of its configuration file; without it the defaults apply
   * @param {number} [port] to listen on; by default a free one
   * @returns {Promise<Server>}
   */
  static async start(config, port = 0) {
    const directory = await mkdtemp(join(tmpdir(), 'lws-echo-'));
    try {
      const args = ['--port', String(port)];
      if (config) {
        const file = join(directory, 'echo.json');
        await writeFile(file, JSON.stringify(config));
        args.push('-c', file);
      }
      return await launch(args);
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  /** Stops it from answering until resume(), while its socket still accepts. */
  pause() {
    this.#process.kill('SIGSTOP');
  }

  resume() {
    this.#process.kill('SIGCONT');
  }

  /** Stops it, once, and checks that it ends cleanly. */
  stop() {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Kills it at once, as a crash would. */
  async kill() {
    const exited = exitOf(this.#process);

    this.#stopped = Promise.resolve();
    this.#process.kill('SIGKILL');
    await exited;
  }

  async #stop() {
    const exited = exitOf(this.#process);
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), stopTimeoutMs);

    this.resume();
    this.#process.kill('SIGTERM');
    const [code, signal] = await exited;
    clearTimeout(timer);
    const errors = await this.#errors;
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, errors);
    assert.doesNotMatch(errors, sanitizerReport);
  }
}

function exitOf(child) {
  const { exitCode, signalCode } = child;
  return exitCode === null && signalCode === null ? once(child, 'exit') : [exitCode, signalCode];
}

async function launch(args) {
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors = text(child.stderr);
  const timer = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);

  try {
    await once(child, 'spawn');
    for await (const line of createInterface(child.stdout)) {
      const url = ready.exec(line)?.[1];
      if (url) {
        child.stdout.resume();
        return new Server(child, errors, url);
      }
    }
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`${binary} ended before it was ready: ${await errors}`);
}
