/** Close codes: RFC 6455 section 7.4.1 and IANA's registry. */
const codes = {
  1000: ['Normal Closure'],
  1001: ['Going Away', 'The server is shutting down. Connect again once it is back.'],
  1002: ['Protocol Error', 'The server found a broken frame.'],
  1003: ['Unsupported Data', 'Try the other type, text or binary.'],
  1005: ['No Status'],
  1006: ['Abnormal Closure', 'It was lost without a Close frame: server or network went away.'],
  1007: ['Invalid Payload', 'The server found what is no valid data, such as no UTF-8.'],
  1008: ['Policy Violation', 'The log of the server may say which rule.'],
  1009: ['Message Too Big', 'Send a smaller message.'],
  1011: ['Internal Error', 'The log of the server may say what failed.'],
  1012: ['Service Restart', 'Connect again in some seconds.'],
  1013: ['Try Again Later', 'The server is overloaded.'],
  1014: ['Bad Gateway', 'The server behind a proxy does not answer.'],
};

/** @param {number} code @returns {[name: string, hint?: string]} what it means and what to try */
export function closeMeaning(code) {
  return codes[code] ?? [code < 3000 ? 'Reserved' : code < 4000 ? 'Registered' : 'Application'];
}
