import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { rowOf } from '../../mount-origin/js/log.js';
import { viewOf } from '../../mount-origin/js/state.js';
import { echoUrl, urlFault } from '../../mount-origin/js/url.js';

describe('a state of the connection has its text and its controls', () => {
  const views = [
    { state: 'ready', text: 'Ready to connect...', canConnect: true, canSend: false },
    { state: 'connecting', text: 'Connecting...', canConnect: false, canSend: false },
    { state: 'open', text: 'Open', canConnect: false, canSend: true },
    { state: 'closing', text: 'Closing...', canConnect: false, canSend: false },
    { state: 'closed', text: 'Closed', canConnect: true, canSend: false },
  ];
  for (const { state, ...view } of views) {
    test(state, () => assert.deepEqual(viewOf(state), view));
  }
});

describe('an activity becomes a row of the log', () => {
  const url = 'ws://localhost:5000/ws';
  const why = 'The browser does not say why. Check that the server is running and that host, port '
    + 'and path are right.';
  const rows = [
    {
      name: 'opened',
      activity: { type: 'open', url },
      row: { text: `Connection opened to ${url}` },
    },
    {
      name: 'text sent',
      activity: { type: 'send', data: 'Grüße 🌍' },
      row: { from: 'Client', to: 'Server', text: 'Grüße 🌍' },
    },
    {
      name: 'text received',
      activity: { type: 'receive', data: ' <b>as it is</b>\n' },
      row: { from: 'Server', to: 'Client', text: ' <b>as it is</b>\n' },
    },
    {
      name: 'empty text is said to be empty',
      activity: { type: 'receive', data: '' },
      row: { from: 'Server', to: 'Client', text: '(empty)', described: true },
    },
    {
      name: 'an ArrayBuffer is shown as its size',
      activity: { type: 'receive', data: new ArrayBuffer(300) },
      row: { from: 'Server', to: 'Client', text: 'Binary message, 300 bytes', described: true },
    },
    {
      name: 'a Blob is shown as its size',
      activity: { type: 'receive', data: new Blob(['x']) },
      row: { from: 'Server', to: 'Client', text: 'Binary message, 1 byte', described: true },
    },
    {
      name: 'no bytes are a size too',
      activity: { type: 'receive', data: new ArrayBuffer(0) },
      row: { from: 'Server', to: 'Client', text: 'Binary message, 0 bytes', described: true },
    },
    {
      name: 'closed with a reason',
      activity: { type: 'close', code: 1000, reason: 'Closing from client' },
      row: {
        text: 'Connection closed. Code: 1000. Reason: Closing from client',
        hint: undefined,
      },
    },
    {
      name: 'closed without a reason',
      activity: { type: 'close', code: 1000, reason: '' },
      row: { text: 'Connection closed. Code: 1000. Reason: (none)', hint: undefined },
    },
    {
      name: 'closed by a server that goes away',
      activity: { type: 'close', code: 1001, reason: '' },
      row: {
        text: 'Connection closed. Code: 1001. Reason: (none)',
        hint: 'The server is shutting down. Connect again once it is back.',
      },
    },
    {
      name: 'lost',
      activity: { type: 'close', code: 1006, reason: '' },
      row: {
        text: 'Connection closed. Code: 1006. Reason: (none)',
        hint: 'The connection was lost without a Close frame: server or network went away.',
      },
    },
    {
      name: 'failed',
      activity: { type: 'fail', url },
      row: { text: `Could not connect to ${url}`, hint: why },
    },
    {
      name: 'failed with TLS, where the certificate may be the cause',
      activity: { type: 'fail', url: 'wss://localhost:5000/ws' },
      row: {
        text: 'Could not connect to wss://localhost:5000/ws',
        hint: `${why} Open https://localhost:5000/ in another tab to see if its certificate is `
          + 'trusted.',
      },
    },
    {
      name: 'refused by the browser itself',
      activity: { type: 'fail', url, detail: 'The port is not allowed.' },
      row: {
        text: `Could not connect to ${url}`,
        hint: 'The browser says: The port is not allowed.',
      },
    },
  ];
  for (const { name, activity, row } of rows) {
    test(name, () => assert.deepEqual(rowOf(activity), { type: activity.type, ...row }));
  }
});

describe('the echo service is at the host of the page', () => {
  const pages = [
    { page: 'http://localhost:5000/', url: 'ws://localhost:5000/ws' },
    { page: 'https://localhost:5001/index.html', url: 'wss://localhost:5001/ws' },
    { page: 'http://[::1]:5000/', url: 'ws://[::1]:5000/ws' },
    { page: 'https://echo.example/', url: 'wss://echo.example/ws' },
  ];
  for (const { page, url } of pages) {
    test(page, () => assert.equal(echoUrl(new URL(page)), url));
  }
});

describe('an address that cannot work is explained', () => {
  const addresses = [
    { address: 'ws://localhost:5000/ws', fault: /^$/ },
    { address: 'WSS://echo.example', fault: /^$/ },
    { address: 'ws://[::1]:65535/ws?x=y', fault: /^$/ },
    { address: '', fault: /must start with ws:\/\/ or wss:\/\// },
    { address: 'localhost:5000/ws', fault: /must start with/ },
    { address: '/ws', fault: /must start with/ },
    { address: 'http://localhost:5000/ws', fault: /must start with/ },
    { address: 'ws:localhost', fault: /must start with/ },
    { address: 'ws://', fault: /not a valid address/ },
    { address: 'ws://local host/ws', fault: /not a valid address/ },
    { address: 'ws://localhost:65536/ws', fault: /not a valid address/ },
    { address: 'ws://localhost/ws#part', fault: /no fragment/ },
    { address: 'ws://localhost/ws#', fault: /no fragment/ },
  ];
  for (const { address, fault } of addresses) {
    test(JSON.stringify(address), () => assert.match(urlFault(address), fault));
  }
});
