const example = 'as in ws://localhost:5000/ws';

/** The address of the echo service that belongs to a page at a Location. */
export function echoUrl({ protocol, host }, path = '/ws') {
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${path}`;
}

// Each of these says what is wrong with what a user typed, or ''.

/** Stricter than browsers, which turn some typing errors into other addresses. */
export function urlFault(text) {
  if (!/^wss?:\/\//i.test(text)) {
    return `The address must start with ws:// or wss://, ${example}.`;
  }
  if (!URL.canParse(text)) {
    return `This is not a valid address. Check host and port, ${example}.`;
  }
  return text.includes('#') ? 'A WebSocket address has no fragment: leave out "#" and what follows.' : '';
}

/** @returns {string[]} the subprotocols in "mqtt, chat" */
export function subprotocolsOf(text) {
  return text.split(',').map((name) => name.trim()).filter(Boolean);
}

/** RFC 6455 section 4.1 */
export function subprotocolsFault(text) {
  const names = subprotocolsOf(text);
  const wrong = names.find((name) => !/^[\w!#$%&'*+.^`|~-]+$/.test(name));

  if (wrong) {
    return `"${wrong}" is no subprotocol; such are mqtt, chat.v2.`;
  }
  return new Set(names).size < names.length ? 'Name each subprotocol once only.' : '';
}

/** RFC 6455 section 7.4.2, and what browsers allow of it */
export function codeFault(code, reason) {
  if (code && !/^(1000|[34]\d{3})$/.test(code)) {
    return 'A page may close with 1000, with 3000 to 4999, or without a code.';
  }
  return !code && reason ? 'A reason needs a code, such as 1000.' : '';
}

/** RFC 6455 section 5.5 */
export function reasonFault(reason) {
  const bytes = new TextEncoder().encode(reason).length;

  return bytes > 123 ? `The reason has ${bytes} bytes in UTF-8; 123 is the most.` : '';
}
