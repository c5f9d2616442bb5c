/** @typedef {'ready' | 'connecting' | 'open' | 'closing' | 'closed'} State */

/**
 * @typedef {object} View
 * @property {string} text what the user is told
 * @property {boolean} canConnect whether the URL and Connect are enabled
 * @property {boolean} canSend whether the message, Send and Close Socket are enabled
 */

/** @type {Readonly<Record<State, View>>} */
const views = {
  ready: { text: 'Ready to connect...', canConnect: true, canSend: false },
  connecting: { text: 'Connecting...', canConnect: false, canSend: false },
  open: { text: 'Open', canConnect: false, canSend: true },
  closing: { text: 'Closing...', canConnect: false, canSend: false },
  closed: { text: 'Closed', canConnect: true, canSend: false },
};

/**
 * What the page shows and enables in a state of the connection.
 *
 * @param {State} state
 * @returns {View}
 */
export function viewOf(state) {
  return views[state];
}
