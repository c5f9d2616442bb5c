import { byId, element, forgetFaults, onClick, showFault } from './dom.js';
import { formatSize, parsePayload, preview } from './payload.js';

const historyMax = 100;
const savedMax = 50;
const fileMax = 256 * 2 ** 20;
const storageKey = 'lws-echo.saved';

const [form, message, format] = ['message-form', 'message', 'format'].map(byId);
const [picker, saved] = ['file-picker', 'saved'].map(byId);

function readSaved() {
  try {
    return JSON.parse(localStorage.getItem(storageKey)) ?? [];
  } catch {
    return []; // storage may be forbidden
  }
}

/** The newest @max of @drafts with @draft, without duplicates of it. */
function added(drafts, draft, max) {
  const others = drafts.filter(({ text, format: old }) => text !== draft.text || old !== draft.format);

  return [...others, draft].slice(-max);
}

export class Composer {
  #send;
  #history = [];
  #place = 0; // in the history; its length means the draft
  #draft;
  #saved = readSaved();
  #file;

  /** @send sends data, and returns whether it was sent. */
  constructor(send) {
    this.#send = send;
    forgetFaults(form);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    message.addEventListener('keydown', (event) => this.#onKey(event));
    onClick('pick', () => picker.click());
    picker.addEventListener('change', () => {
      this.#read(picker.files[0]);
      picker.value = '';
    });
    onClick('unpick', () => {
      this.#stage();
      message.focus();
    });
    this.#listenDrop();
    saved.addEventListener('input', () => {
      this.#recall(this.#saved[saved.selectedIndex - 1]);
      this.#showSaved(saved.selectedIndex);
    });
    onClick('save', () => this.#save());
    onClick('forget', () => {
      this.#saved.splice(saved.selectedIndex - 1, 1);
      this.#store(0);
    });
    this.#showSaved(0);
  }

  get #written() {
    return { text: message.value, format: format.value };
  }

  #submit() {
    const written = this.#written;
    const { data, fault } = this.#file ? { data: this.#file } : parsePayload(written.text, written.format);

    if (byId('send').disabled || fault) {
      showFault(form, fault ?? 'Connect first.', message);
      return;
    }
    showFault(form);
    if (this.#send(data) && !this.#file) {
      this.#history = added(this.#history, written, historyMax);
      this.#place = this.#history.length;
      // Typing replaces it.
      if (document.activeElement === message) {
        message.select();
      }
    }
  }

  #onKey(event) {
    const { key, shiftKey, altKey } = event;
    const { selectionStart, selectionEnd, value } = message;
    const control = event.ctrlKey || event.metaKey;
    const isUp = key === 'ArrowUp' && !value.slice(0, selectionStart).includes('\n');
    const isDown = key === 'ArrowDown' && !value.slice(selectionEnd).includes('\n');
    const place = this.#place + isDown - isUp;

    if (key === 'Enter' && control) {
      event.preventDefault();
      this.#submit();
    } else if (place !== this.#place && place >= 0 && place <= this.#history.length
      && !control && !shiftKey && !altKey) {
      event.preventDefault();
      this.#browse(place);
    }
  }

  #browse(place) {
    if (this.#place === this.#history.length) {
      this.#draft = this.#written;
    }
    this.#recall(this.#history[place] ?? this.#draft);
    // on the line where the same key continues
    message.selectionEnd = place < this.#place ? 0 : message.value.length;
    this.#place = place;
  }

  #recall(draft) {
    if (draft) {
      message.value = draft.text;
      format.value = draft.format;
      this.#stage();
      showFault(form);
    }
  }

  #listenDrop() {
    for (const type of ['dragover', 'dragleave', 'drop']) {
      form.addEventListener(type, (event) => {
        const { types, files } = event.dataTransfer;

        if (types.includes('Files')) {
          event.preventDefault();
          form.classList.toggle('drop', type === 'dragover');
          if (type === 'drop') {
            this.#read(files[0]);
          }
        }
      });
    }
  }

  async #read(file) {
    try {
      if (file?.size > fileMax) {
        throw new Error(`${formatSize(fileMax)} is the most`);
      }
      this.#stage(file && new Uint8Array(await file.arrayBuffer()), file?.name);
      byId('send').focus();
    } catch (error) {
      showFault(form, `"${file.name}" cannot be sent: ${error.message}.`, message);
    }
  }

  /** Makes @bytes, if any, the message in place of the draft. */
  #stage(bytes, name) {
    this.#file = bytes;
    message.hidden = format.disabled = Boolean(bytes);
    byId('file').hidden = !bytes;
    byId('file-name').textContent = bytes ? `${name}, ${formatSize(bytes.length)}` : '';
  }

  #save() {
    this.#saved = added(this.#saved, this.#written, savedMax);
    this.#store(this.#saved.length);
  }

  #store(selected) {
    this.#showSaved(selected);
    try {
      localStorage.setItem(storageKey, JSON.stringify(this.#saved));
    } catch (error) {
      showFault(form, `The browser keeps it only until you leave: ${error.message}`);
    }
  }

  #showSaved(selected) {
    saved.replaceChildren(
      element('option', {}, this.#saved.length > 0 ? 'Saved messages' : 'No saved messages'),
      ...this.#saved.map(({ text }) => element('option', {}, preview(text, 40) || '(empty)')),
    );
    saved.selectedIndex = selected;
    byId('forget').disabled = selected === 0;
  }
}
