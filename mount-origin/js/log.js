/**
 * Something that happened on a connection.
 *
 * @typedef {{ type: 'open', url: string }
 *   | { type: 'send' | 'receive', data: string | ArrayBuffer | Blob }
 *   | { type: 'close', code: number, reason: string }
 *   | { type: 'fail', url: string, detail?: string }} Activity
 */

/**
 * A row of the log. One without from and to is about the connection and spans all columns.
 *
 * @typedef {object} Row
 * @property {Activity['type']} type
 * @property {string} [from]
 * @property {string} [to]
 * @property {string} text
 * @property {boolean} [described] the text is a description, not the data itself
 * @property {string} [hint] what it means or what to try
 */

const closeHints = {
  1001: 'The server is shutting down. Connect again once it is back.',
  1006: 'The connection was lost without a Close frame: server or network went away.',
};

function contentOf(data) {
  if (data === '') {
    return { text: '(empty)', described: true };
  }
  if (typeof data === 'string') {
    return { text: data };
  }
  const bytes = data.byteLength ?? data.size;
  return { text: `Binary message, ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`, described: true };
}

function failHint(url, detail) {
  if (detail) {
    return `The browser says: ${detail}`;
  }
  const checks = 'The browser does not say why. Check that the server is running and that host, '
    + 'port and path are right.';
  if (!/^wss:/i.test(url)) {
    return checks;
  }
  const { host } = new URL(url);
  return `${checks} Open https://${host}/ in another tab to see if its certificate is trusted.`;
}

const rows = {
  open: ({ url }) => ({ text: `Connection opened to ${url}` }),
  send: ({ data }) => ({ from: 'Client', to: 'Server', ...contentOf(data) }),
  receive: ({ data }) => ({ from: 'Server', to: 'Client', ...contentOf(data) }),
  close: ({ code, reason }) => ({
    text: `Connection closed. Code: ${code}. Reason: ${reason || '(none)'}`,
    hint: closeHints[code],
  }),
  fail: ({ url, detail }) => ({
    text: `Could not connect to ${url}`,
    hint: failHint(url, detail),
  }),
};

/**
 * The row that tells of an activity.
 *
 * @param {Activity} activity
 * @returns {Row}
 */
export function rowOf(activity) {
  return { type: activity.type, ...rows[activity.type](activity) };
}
