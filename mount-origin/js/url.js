/**
 * The address of the echo service that belongs to a page: same host, same security, path /ws.
 *
 * @param {{ protocol: string, host: string }} location of the page
 * @returns {string}
 */
export function echoUrl({ protocol, host }) {
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/ws`;
}

/**
 * Says what is wrong with an address that a user has typed.
 *
 * Stricter than browsers, which take relative and http:// addresses in a WebSocket: a typing
 * error would then connect to somewhere else.
 *
 * @param {string} text
 * @returns {string} the fault and what to type instead; empty if there is none
 */
export function urlFault(text) {
  if (!/^wss?:\/\//i.test(text)) {
    return 'The address must start with ws:// or wss://, as in ws://localhost:5000/ws.';
  }
  if (!URL.canParse(text)) {
    return 'This is not a valid address. Check host and port, as in ws://localhost:5000/ws.';
  }
  if (text.includes('#')) {
    return 'A WebSocket address has no fragment: leave out "#" and what follows.';
  }
  return '';
}
