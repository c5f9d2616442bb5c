import { byId, showPairs } from './dom.js';
import { formatSize } from './payload.js';

function keepAlive(options) {
  const { 'ping-interval': interval, 'pong-timeout': timeout, 'keep-alive-mode': mode } = options;

  return interval ? `${mode} after ${interval} s of silence${timeout ? `, lost ${timeout} s later` : ''}`
    : 'off';
}

/** Shows what the server says about itself, if anything; returns its WebSocket path. */
export async function showServer() {
  try {
    const { name, version, libwebsockets, options } = await (await fetch('/info.json')).json();

    showPairs(byId('server').querySelector('dl'), [
      ['Version', `${name} ${version} on libwebsockets ${libwebsockets.replace(/-$/, '')}`],
      ['Path', options.path],
      ['Subprotocols', options.subprotocols.join(', ') || 'none'],
      ['Largest message', options['max-message'] ? formatSize(options['max-message']) : 'no limit'],
      ['Keep-alive', keepAlive(options)],
      ['Compression', options.compression],
    ]);
    byId('server').hidden = false;
    return options.path;
  } catch {
    return undefined;
  }
}
