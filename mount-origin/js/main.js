import { Connection } from './connection.js';
import { rowOf } from './log.js';
import { viewOf } from './state.js';
import { echoUrl, urlFault } from './url.js';

const byId = (id) => document.getElementById(id);
const stateLabel = byId('state');
const connectForm = byId('connect-form');
const url = byId('url');
const fault = byId('url-fault');
const connectButton = byId('connect');
const messageForm = byId('message-form');
const message = byId('message');
const log = byId('log');
const connection = new Connection();

function setEnabled(form, enabled) {
  for (const control of form.elements) {
    control.disabled = !enabled;
  }
}

function showState(state) {
  const { text, canConnect, canSend } = viewOf(state);

  stateLabel.textContent = text;
  stateLabel.dataset.state = state;
  setEnabled(connectForm, canConnect);
  setEnabled(messageForm, canSend);
}

// A control that is disabled loses the focus: hand it to the one that is needed next. Only after
// what the user asked for, lest keys typed while the server closes press a button.
function moveFocus(state, before) {
  const { activeElement } = document;

  if (activeElement !== document.body && !activeElement.disabled) {
    return;
  }
  if (state === 'open') {
    message.focus();
  } else if (state === 'closed' && before !== 'open') {
    connectButton.focus();
  }
}

function showFault(text) {
  fault.textContent = text;
  url.setAttribute('aria-invalid', String(text !== ''));
}

function createCell(text, className) {
  const cell = document.createElement('td');

  cell.className = className;
  cell.textContent = text;
  return cell;
}

function createRow({ type, from, to, text, described, hint }) {
  const row = document.createElement('tr');
  const data = createCell(text, from && !described ? 'data' : 'description');

  row.className = type;
  if (from) {
    row.append(createCell(from, 'peer'), createCell(to, 'peer'));
  } else {
    data.colSpan = 3;
  }
  if (hint) {
    const line = document.createElement('p');

    line.textContent = hint;
    data.append(line);
  }
  row.append(data);
  return row;
}

function appendRow(row) {
  byId('empty').hidden = true;
  byId('rows').append(createRow(row));
  log.scrollTop = log.scrollHeight;
}

connection.addEventListener('state', ({ detail: state }) => {
  const before = stateLabel.dataset.state;

  showState(state);
  moveFocus(state, before);
});

connection.addEventListener('activity', ({ detail }) => appendRow(rowOf(detail)));

connectForm.addEventListener('submit', (event) => {
  const address = url.value.trim();

  event.preventDefault();
  showFault(urlFault(address));
  if (fault.textContent) {
    url.focus();
  } else {
    connection.open(address);
  }
});

url.addEventListener('input', () => showFault(''));

messageForm.addEventListener('submit', (event) => {
  event.preventDefault();
  connection.send(message.value);
  // Enter sends it again, typing replaces it.
  if (document.activeElement === message) {
    message.select();
  }
});

byId('close').addEventListener('click', () => connection.close('Closing from client'));

url.value = echoUrl(location);
showState('ready');
