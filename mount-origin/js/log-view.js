import { byId, element, onClick } from './dom.js';
import { isCut, summaryOf, toCsv, toJson, toRecord, typeOf } from './log.js';
import { formatMs, formatSize, hexDump, toBytes, toHex } from './payload.js';

const overscan = 8; // rows
const shownMax = 262_144; // characters of a message

const [scroller, area, detail] = ['log', 'rows', 'detail'].map(byId);
const directions = { send: 'Client → Server', receive: 'Server → Client' };

function cellsOf(entry) {
  const { time, type, bytes, roundTripMs } = entry;

  return [
    `${time.toLocaleTimeString('sv')}.${String(time.getMilliseconds()).padStart(3, '0')}`,
    directions[type] ?? '', typeOf(entry), bytes === undefined ? '' : formatSize(bytes),
    roundTripMs === undefined ? '' : formatMs(roundTripMs), summaryOf(entry),
  ];
}

function createRow(entry) {
  return element('div', { id: `row-${entry.id}`, className: `row ${entry.type}`, role: 'row' },
    ...cellsOf(entry).map((text) => element('span', { role: 'gridcell' }, text)));
}

function download(parts, type) {
  const href = URL.createObjectURL(new Blob(parts, { type: `text/${type}` }));

  element('a', { href, download: `websocket-log.${type}` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // absent where the page came over http from another host
    const source = element('textarea', { value: text });

    document.body.append(source);
    source.select();
    document.execCommand('copy');
    source.remove();
  }
}

const rowHeight = () => parseFloat(getComputedStyle(scroller).getPropertyValue('--row'));

/** Shows a Log; only its visible rows are in the document. */
export class LogView {
  #log;
  #rows = new Map(); // by id of their entry
  #chosen;
  #follows = true;
  #frame;
  #news;
  #asHex = false;

  constructor(log) {
    this.#log = log;
    scroller.addEventListener('scroll', () => {
      this.#follows = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 4;
      this.update();
    });
    new ResizeObserver(() => this.update()).observe(scroller);
    scroller.addEventListener('keydown', (event) => this.#onKey(event));
    area.addEventListener('click', ({ target }) => (
      this.#choose(log.visible[target.closest('.row')?.ariaRowIndex - 2])));
    this.#listenTools();
    setInterval(() => this.#tellNews(), 1000);
  }

  /** Updates: @news was appended, or anything changed. */
  update(news = this.#news) {
    this.#news = news;
    this.#frame ??= requestAnimationFrame(() => this.#render());
  }

  #listenTools() {
    const log = this.#log;
    const text = byId('filter');
    const show = byId('show');

    byId('tools').addEventListener('input', () => {
      log.filter(text.value, show.value);
      this.update();
    });
    onClick('pause', ({ target }) => {
      log.paused = !log.paused;
      target.ariaPressed = String(log.paused);
      this.update();
    });
    onClick('clear', () => {
      log.clear();
      this.#choose();
    });
    onClick('export-json', () => download(toJson(log.visible), 'json'));
    onClick('export-csv', () => download(toCsv(log.visible), 'csv'));
    onClick('hex', ({ target }) => {
      this.#asHex = !this.#asHex;
      target.ariaPressed = String(this.#asHex);
      this.#choose(this.#chosen);
    });
    onClick('copy-row', () => copy(JSON.stringify(toRecord(this.#chosen))));
    onClick('copy-data', () => this.#copyData());
    onClick('hide', () => {
      this.#choose();
      scroller.focus();
    });
  }

  #isHex(data) {
    return data !== undefined && (this.#asHex || typeof data !== 'string');
  }

  #copyData() {
    const { data, text } = this.#chosen;

    copy(this.#isHex(data) ? toHex(toBytes(data)) : data ?? text);
  }

  #render() {
    const { visible, count, paused, held, dropped } = this.#log;
    const height = rowHeight();

    this.#frame = undefined;
    area.style.height = `${visible.length * height}px`;
    if (this.#follows && !paused) {
      scroller.scrollTop = scroller.scrollHeight;
    }
    const first = Math.max(0, Math.floor(scroller.scrollTop / height) - overscan);
    const seen = Math.ceil(scroller.clientHeight / height) + 2 * overscan;
    const rows = new Map();

    visible.slice(first, first + seen).forEach((entry, index) => {
      const row = this.#rows.get(entry.id) ?? createRow(entry);

      row.style.top = `${(first + index) * height}px`;
      row.ariaRowIndex = first + index + 2;
      row.ariaSelected = String(entry === this.#chosen);
      rows.set(entry.id, row);
    });
    this.#rows.forEach((row, id) => rows.has(id) || row.remove());
    [...rows.values()].forEach((row, index) => (
      row === area.children[index] || area.insertBefore(row, area.children[index])));
    this.#rows = rows;
    scroller.ariaRowCount = visible.length + 1;
    scroller.setAttribute('aria-activedescendant', rows.get(this.#chosen?.id)?.id ?? '');
    byId('empty').hidden = count > 0;
    byId('log-count').textContent = [
      `${visible.length < count - held ? `${visible.length} of ` : ''}${count} row${count === 1 ? '' : 's'}`,
      paused && `paused, ${held} new`, dropped && `${dropped} dropped`,
    ].filter(Boolean).join(', ');
  }

  #onKey(event) {
    const { key, ctrlKey, metaKey } = event;
    const { visible } = this.#log;
    const last = visible.length - 1;
    const page = Math.floor(scroller.clientHeight / rowHeight()) - 2;
    const now = visible.indexOf(this.#chosen);
    const index = {
      ArrowUp: now < 0 ? last : now - 1, ArrowDown: now + 1, PageUp: now - page, PageDown: now + page,
      Home: 0, End: last,
    }[key];

    if (index !== undefined) {
      this.#reveal(Math.min(Math.max(0, index), last));
    } else if (key === 'c' && (ctrlKey || metaKey) && this.#chosen && getSelection().isCollapsed) {
      this.#copyData();
    } else if (key === 'Escape') {
      this.#choose();
    } else {
      return;
    }
    event.preventDefault();
  }

  #reveal(index) {
    const top = index * rowHeight();
    const seen = scroller.clientHeight - 2 * rowHeight(); // below the head

    this.#choose(this.#log.visible[index]);
    scroller.scrollTop = Math.max(top - seen, Math.min(top, scroller.scrollTop));
  }

  #choose(entry) {
    this.#chosen = entry;
    detail.hidden = !entry;
    if (entry) {
      this.#showDetail(entry);
    }
    this.update();
  }

  #showDetail(entry) {
    const { data, text, hint } = entry;
    const bytes = this.#isHex(data) && toBytes(data);
    const shown = bytes ? shownMax / 16 : shownMax;
    const cut = isCut(entry) || (bytes || data || '').length > shown;
    const content = text ? [text, hint] : [
      (bytes ? hexDump(bytes.subarray(0, shown)) : data.slice(0, shown)) || '(empty)',
      cut && '(Only its beginning is shown.)'];

    detail.querySelector('strong').textContent = cellsOf(entry).slice(0, 5).filter(Boolean).join(' · ');
    detail.querySelector('pre').textContent = content.filter(Boolean).join('\n\n');
  }

  // Once a second: a screen reader could not follow a burst.
  #tellNews() {
    if (this.#news) {
      byId('news').textContent = cellsOf(this.#news).slice(1).filter(Boolean).join(', ');
      this.#news = undefined;
    }
  }
}
