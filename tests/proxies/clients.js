import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { after, before } from 'node:test';

import { Client } from '../kit/js/client.js';
import { Setup, instanceNames } from './setup.js';

const defaults = { protocols: instanceNames, perMessageDeflate: false, agent: false };

/** Connects through the proxy, offering what finds out the instance (see instanceOf()). */
export function open({ proxy }, { scheme = 'ws', path, ...options } = {}) {
  return Client.open(proxy.url(scheme, path), { ...defaults, ...options });
}

/** Connects @count clients, one after the other. */
export async function openMany(setup, count, options) {
  const clients = [];

  for (let index = 0; index < count; index += 1) {
    clients.push(await open(setup, options));
  }
  return clients;
}

/** Connects to an instance, not through the proxy. */
export function openDirectly({ instances }, name, options) {
  return Client.open(instances[name].socketUrl, { ...defaults, ...options });
}

/** Starts a Setup for a group of tests, which reach it through what this returns. */
export function behind(proxyName, options) {
  const running = {};

  before(async () => {
    running.setup = await Setup.start(proxyName, options);
  });
  after(() => running.setup?.stop());
  return running;
}

/** @returns {string} the name of the instance that a client has been given */
export const instanceOf = (client) => client.socket.protocol;

/** @returns {object} the clients by the names of their instances */
export function byInstance(clients) {
  return Object.fromEntries(instanceNames.map((name) => [
    name, clients.filter((client) => instanceOf(client) === name),
  ]));
}

const handshake = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/**
 * Makes an HTTP request on a connection of its own.
 *
 * @param {string} url
 * @param {object} [options] of node's http.request(), and `upgrade`: whether it is a handshake
 *   that is refused
 * @returns {Promise<{status: number, headers: object, body: string}>}
 */
export async function fetchText(url, { upgrade = false, headers, ...options } = {}) {
  const request = (url.startsWith('https') ? httpsRequest : httpRequest)(url, {
    agent: false,
    rejectUnauthorized: false,
    headers: { ...upgrade ? handshake : {}, ...headers },
    ...options,
  }).end();
  const [response] = await once(request, 'response');

  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}
