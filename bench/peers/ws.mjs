// Node.js ws as an echo server: node ws.mjs [--compress] [--cert FILE --key FILE]
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { parseArgs } from 'node:util';

import { WebSocketServer } from 'ws';

const host = '127.0.0.1';
const maxPayload = 64 * 1024 * 1024; // as much as the load generator can send

const { values } = parseArgs({
  options: {
    compress: { type: 'boolean', default: false },
    cert: { type: 'string' },
    key: { type: 'string' },
  },
});

const server = values.cert
  ? createHttpsServer({ cert: readFileSync(values.cert), key: readFileSync(values.key) })
  : createHttpServer();
const sockets = new WebSocketServer({ server, maxPayload, perMessageDeflate: values.compress });

sockets.on('connection', (socket) => {
  socket.on('error', (error) => console.error(`ws: ${error.message}`));
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.listen(0, host, () => console.log(`ws is ready: ${host}:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
