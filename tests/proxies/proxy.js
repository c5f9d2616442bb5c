import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

import { expectEventually } from '../kit/js/eventually.js';
import { freePorts } from '../kit/js/ports.js';
import { makeCertificate } from './certificate.js';

const run = promisify(execFile);
const configs = new URL('../../conf/proxies/', import.meta.url);
const isRoot = process.getuid() === 0;
const attempts = 5;
const stopTimeoutMs = 30_000;

// What differs between a test and an operator's machine: where things are. Only root may become
// somebody else.
const kinds = {
  nginx: {
    program: process.env.NGINX ?? '/usr/sbin/nginx',
    file: 'nginx.conf',
    args: ({ file }) => ['-c', file, '-e', 'stderr', '-g', 'daemon off;'],
    checkArgs: ({ file }) => ['-q', '-t', '-c', file, '-e', 'stderr'],
    isReady: async () => {},
    reloadSignal: 'SIGHUP',
    stopSignal: 'SIGTERM',
    portTaken: /Address already in use/,
    places: ({ directory, files, ports, instances }) => [
      ...isRoot ? [] : [['user www-data;\n', '']],
      ['/run/nginx.pid', pidFile(directory)],
      ['error_log /var/log/nginx/error.log;', 'error_log stderr;'],
      ['/var/log/nginx/access.log', join(directory, 'access.log')],
      ['/etc/nginx/lws-echo.crt', files.certificate],
      ['/etc/nginx/lws-echo.key', files.key],
      ['listen 80 ', `listen 127.0.0.1:${ports.plain} `],
      ['listen 443 ', `listen 127.0.0.1:${ports.tls} `],
      ['server 127.0.0.1:5001 ', `server 127.0.0.1:${instances[0]} `],
      ['server 127.0.0.1:5002 ', `server 127.0.0.1:${instances[1]} `],
    ],
  },
  HAProxy: {
    program: process.env.HAPROXY ?? '/usr/sbin/haproxy',
    file: 'haproxy.cfg',
    args: ({ file, directory }) => [
      '-W', '-f', file, '-p', pidFile(directory), '-S', masterSocket(directory),
    ],
    // A master executes itself once more after the start, and forgets signals that come meanwhile.
    isReady: async (directory) => {
      assert.match(await ask(masterSocket(directory), 'show proc'), /master/);
    },
    checkArgs: ({ file }) => ['-q', '-c', '-f', file],
    reloadSignal: 'SIGUSR2',
    stopSignal: 'SIGTERM',
    portTaken: /Address already in use/,
    places: ({ directory, files, ports, instances }) => [
      ...isRoot
        ? []
        : ['chroot /var/lib/haproxy', 'user haproxy', 'group haproxy'].map((line) => (
          [`    ${line}\n`, ''])),
      ['log /dev/log local0', 'log stderr format raw local0 err'],
      ['/run/haproxy/admin.sock', adminSocket(directory)],
      ['/etc/haproxy/lws-echo.pem', files.both],
      ['bind :80\n', `bind 127.0.0.1:${ports.plain}\n`],
      ['bind :443 ', `bind 127.0.0.1:${ports.tls} `],
      ['server echo1 127.0.0.1:5001', `server echo1 127.0.0.1:${instances[0]}`],
      ['server echo2 127.0.0.1:5002', `server echo2 127.0.0.1:${instances[1]}`],
      // More descriptors than an unprivileged process may have
      ['maxconn 32000\n', 'maxconn 4000\n'],
    ],
  },
};

/** The proxies there are. */
export const proxyNames = Object.keys(kinds);

const pidFile = (directory) => join(directory, 'pid');
const adminSocket = (directory) => join(directory, 'admin.sock');
const masterSocket = (directory) => join(directory, 'master.sock');

/** Replaces each text that stands there exactly once; what does not is no longer what was meant. */
export function substitute(content, changes) {
  return changes.reduce((changed, [from, to]) => {
    assert.equal(changed.split(from).length - 1, 1, `times that "${from}" is in\n${changed}`);
    return changed.replace(from, () => to);
  }, content);
}

/** The instances' configuration, as committed. */
export async function instanceConfig() {
  const { $schema, ...config } = JSON.parse(await readFile(new URL('echo.json', configs), 'utf8'));

  await access(new URL($schema, configs));
  return config;
}

/** A real proxy with the committed configuration, on ports of its own. */
export class Proxy {
  #kind;
  #process;
  #errors;
  #setting;
  #stopped;

  /** What comes true when it has ended. */
  ended;

  constructor(kind, child, setting) {
    this.#kind = kind;
    this.#process = child;
    this.#errors = text(child.stderr);
    this.#setting = setting;
    this.ended = once(child, 'exit');
    this.ended.catch(() => {}); // where there is no such program, start() says so
  }

  /**
   * Starts a proxy and waits until it listens.
   *
   * @param {string} name one of proxyNames
   * @param {number[]} instances the two ports behind it
   * @param {Array} [changes] to the committed file, beyond those of places: `[from, to]`, or what
   *   makes that of the instances' ports
   * @returns {Promise<Proxy>}
   */
  static async start(name, instances, changes = []) {
    const kind = kinds[name];
    const directory = await mkdtemp(join(tmpdir(), 'lws-echo-proxy-'));

    try {
      const files = await makeCertificate(directory);
      for (let attempt = 1; ; attempt += 1) {
        const ports = await choosePorts();
        const setting = {
          directory, files, ports, instances, changes, file: join(directory, kind.file),
        };
        await writeConfig(kind, setting);
        const child = spawn(kind.program, kind.args(setting), {
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        const proxy = new Proxy(kind, child, setting);
        try {
          await once(child, 'spawn');
          await proxy.#isReady();
          return proxy;
        } catch (error) {
          if (!child.pid) {
            throw error;
          }
          child.kill('SIGKILL');
          const errors = await proxy.#errors;
          if (attempt === attempts || !kind.portTaken.test(errors)) {
            throw new Error(`${kind.program} does not start: ${errors}`, { cause: error });
          }
        }
      }
    } catch (error) {
      await rm(directory, { recursive: true });
      throw error;
    }
  }

  /**
   * Lets a proxy check the committed configuration, and rejects with what it says against it.
   */
  static async check(name) {
    const kind = kinds[name];
    const directory = await mkdtemp(join(tmpdir(), 'lws-echo-proxy-'));
    const setting = {
      directory,
      files: await makeCertificate(directory),
      ports: await choosePorts(), // nginx binds them, too
      instances: [5001, 5002],
      changes: [],
      file: join(directory, kind.file),
    };

    try {
      await writeConfig(kind, setting);
      const { stdout, stderr } = await run(kind.program, kind.checkArgs(setting));
      assert.equal(stdout + stderr, '');
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  /** @returns {string} the address of @path, for one of the schemes http, https, ws, and wss */
  url(scheme, path = '/ws') {
    const { plain, tls } = this.#setting.ports;

    return `${scheme}://127.0.0.1:${['https', 'wss'].includes(scheme) ? tls : plain}${path}`;
  }

  /** Makes it read its configuration again, with further @changes to it; does not wait. */
  async reload(changes = []) {
    this.#setting.changes.push(...changes);
    await writeConfig(this.#kind, this.#setting);
    this.#process.kill(this.#kind.reloadSignal);
  }

  /**
   * Asks HAProxy what it thinks of an instance.
   *
   * @param {number} index of the instance
   * @returns {Promise<object>} the columns of "show stat"
   */
  async statusOf(index) {
    const table = await ask(adminSocket(this.#setting.directory), 'show stat');
    const [names, ...rows] = table.slice('# '.length).trim().split('\n')
      .map((line) => line.split(','));
    const row = rows.find((columns) => columns[1] === `echo${index + 1}`);
    return Object.fromEntries(names.map((name, column) => [name, row[column]]));
  }

  /** Stops it, once, and its connections. @returns what it has written on standard error */
  stop() {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #isReady() {
    const { directory } = this.#setting;
    const ended = this.ended.then(() => {
      throw new Error('it has ended');
    });

    ended.catch(() => {});
    // Both write it when they have bound their ports.
    await Promise.race([ended, expectEventually(async () => {
      assert.match(await readFile(pidFile(directory), 'utf8'), /^\d+\n/);
      await this.#kind.isReady(directory);
    })]);
  }

  async #stop() {
    const { directory } = this.#setting;
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), stopTimeoutMs);

    try {
      assert.equal(this.#process.exitCode ?? this.#process.signalCode, null, 'it had ended before');
      this.#process.kill(this.#kind.stopSignal);
      await this.ended;
    } finally {
      clearTimeout(timer);
      await rm(directory, { recursive: true });
    }
    return this.#errors;
  }
}

/** @returns {Promise<string>} what HAProxy answers on one of its sockets */
function ask(path, command) {
  const socket = connect(path);

  socket.end(`${command}\n`);
  return text(socket);
}

async function writeConfig(kind, setting) {
  const content = await readFile(new URL(kind.file, configs), 'utf8');
  const changes = setting.changes.map((change) => (
    change instanceof Function ? change(setting.instances) : change));

  await writeFile(setting.file, substitute(content, [...kind.places(setting), ...changes]));
}

async function choosePorts() {
  const [plain, tls] = await freePorts(2);

  return { plain, tls };
}
