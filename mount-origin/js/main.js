import { BurstView } from './burst-view.js';
import { Composer } from './composer.js';
import { Connection } from './connection.js';
import { byId, forgetFaults, showFault } from './dom.js';
import { showLive } from './live-view.js';
import { LogView } from './log-view.js';
import { Log } from './log.js';
import { showServer } from './server-view.js';
import { RoundTrips, Timeline } from './stats.js';
import {
  codeFault, echoUrl, reasonFault, subprotocolsFault, subprotocolsOf, urlFault,
} from './url.js';

/** The text for a State, and the buttons it enables. */
const states = {
  ready: ['Ready to connect...', 'connect'],
  connecting: ['Connecting...', 'close'],
  open: ['Open', 'send', 'close'],
  closing: ['Closing...'],
  closed: ['Closed', 'connect'],
  waiting: ['Connecting again...', 'connect', 'close'],
};

const stateLabel = byId('state');
const [connectForm, closeForm] = ['connect-form', 'close-form'].map(byId);
const [url, subprotocols, reconnect] = ['url', 'subprotocols', 'reconnect'].map(byId);
const [code, reason, notice] = ['code', 'reason', 'notice'].map(byId);

const connection = new Connection();
const log = new Log();
const logView = new LogView(log);
const roundTrips = new RoundTrips();
const timeline = new Timeline(60);
const burstView = new BurstView(connection);
let retryAt;

function showState(state) {
  const [text, ...enabled] = states[state];

  stateLabel.textContent = text;
  stateLabel.parentElement.dataset.state = state;
  for (const id of ['connect', 'send', 'close']) {
    byId(id).disabled = !enabled.includes(id);
  }
  url.disabled = subprotocols.disabled = byId('connect').disabled;
  burstView.enable(state === 'open');
}

// A disabled control loses the focus. Moves it to the control needed next, but only after the user's
// own action, so that keys typed while the server closes press no button.
function moveFocus(state, before) {
  const { activeElement } = document;

  if (activeElement !== document.body && !activeElement.disabled) {
    return;
  }
  if (state === 'open') {
    byId('message').focus();
  } else if (state === 'closed' && before !== 'open') {
    byId('connect').focus();
  }
}

function showCountdown() {
  const seconds = Math.ceil((retryAt - performance.now()) / 1000);

  byId('countdown').textContent = connection.state === 'waiting' ? `in ${seconds} s` : '';
}

connection.addEventListener('state', ({ detail: state }) => {
  const before = stateLabel.parentElement.dataset.state;

  showState(state);
  showCountdown();
  moveFocus(state, before);
});

connection.addEventListener('activity', ({ detail: activity }) => {
  const { type, at, data, bytes } = activity;
  let roundTripMs;

  if (type === 'send') {
    roundTrips.sent(data, at, bytes);
    timeline.add('sent', at);
  } else if (type === 'receive') {
    roundTripMs = roundTrips.received(data, at);
    timeline.add('received', at, roundTripMs);
    burstView.answered(roundTripMs, at);
  } else {
    roundTrips.clear();
  }
  const entry = log.append(activity, roundTripMs);

  logView.update(entry);
  if (type === 'retry') {
    retryAt = at + activity.delayMs;
  } else if (entry.text) {
    notice.textContent = entry.hint ? `${entry.text}. ${entry.hint}` : '';
  }
});

connectForm.addEventListener('submit', (event) => {
  const address = url.value.trim();
  const fault = urlFault(address);
  const otherFault = subprotocolsFault(subprotocols.value);

  event.preventDefault();
  if (fault || otherFault) {
    showFault(connectForm, fault || otherFault, fault ? url : subprotocols);
  } else {
    connection.open(address, subprotocolsOf(subprotocols.value));
  }
});

reconnect.addEventListener('input', () => {
  connection.reconnects = reconnect.checked;
  if (connection.state === 'waiting') {
    connection.close();
  }
});

closeForm.addEventListener('submit', (event) => {
  const number = code.value.trim();
  const fault = codeFault(number, reason.value);
  const otherFault = reasonFault(reason.value);

  event.preventDefault();
  if (fault || otherFault) {
    showFault(closeForm, fault || otherFault, fault ? code : reason);
  } else {
    connection.close(...(number ? [Number(number), reason.value] : []));
  }
});

[connectForm, closeForm].forEach(forgetFaults);
new Composer((data) => connection.send(data));
connection.reconnects = reconnect.checked; // browsers keep it across reloads
url.value = echoUrl(location);
showState('ready');
showLive(timeline);
setInterval(showCountdown, 200);
const path = await showServer();
if (path && url.value === echoUrl(location)) {
  url.value = echoUrl(location, path);
}
