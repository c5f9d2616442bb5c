import { Burst, planFault } from './burst.js';
import { drawBars } from './chart.js';
import { byId, forgetFaults, onClick, showFault, showPairs } from './dom.js';
import { percentiles } from './live-view.js';
import { formatMs } from './payload.js';

const bars = 30;
const tickMs = 4;

const form = byId('burst-form');
const state = byId('burst-state');
const progress = byId('burst-progress');
const result = byId('burst-result');

export class BurstView {
  #connection;
  #burst;
  #canSend;

  constructor(connection) {
    this.#connection = connection;
    forgetFaults(form);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#start();
    });
    onClick('burst-stop', () => this.#end('Stopped.'));
  }

  enable(canSend) {
    this.#canSend = canSend;
    if (this.#burst && !canSend) {
      this.#end('The connection has ended: connect and start again.');
    }
    this.#showButtons();
  }

  answered(roundTripMs, at) {
    this.#burst?.answered(roundTripMs, at);
  }

  #start() {
    const read = (name) => Number(form[name].value || NaN);
    const plan = {
      count: read('count'), bytes: read('bytes'), rate: read('rate'), binary: form.binary.checked,
    };
    const [field, fault] = planFault(plan) ?? [];

    showFault(form, fault, form[field]);
    if (!fault) {
      this.#burst = new Burst(plan, performance.now());
      result.hidden = true;
      state.textContent = 'Running…';
      this.#showButtons();
      byId('burst-stop').focus();
      this.#tick();
    }
  }

  #tick() {
    const burst = this.#burst;
    const now = performance.now();

    if (burst?.isOver(now)) {
      this.#end(burst.waiting > 0 ? 'Nothing has come back for 5 s. Is this an echo server?' : 'Done.');
    } else if (burst) {
      for (let due = burst.due(now, this.#connection.bufferedBytes); due > 0; due -= 1) {
        if (!this.#connection.send(burst.next())) {
          return;
        }
      }
      progress.value = burst.progress;
      setTimeout(() => this.#tick(), tickMs);
    }
  }

  #end(text) {
    const burst = this.#burst;
    const { fromMs, counts } = burst.trips.shape(bars);
    const caption = `How many took how long, ${formatMs(fromMs)} to ${formatMs(burst.trips.max)}`;

    this.#burst = undefined;
    state.textContent = text;
    progress.value = burst.progress;
    showPairs(result.querySelector('dl'), [...burst.figures(), ...percentiles(burst.trips)]);
    drawBars(result.querySelector('svg'), counts, `${caption}: ${counts}`);
    result.querySelector('figcaption').textContent = `${caption} (logarithmic)`;
    result.hidden = false;
    this.#showButtons();
    if (document.activeElement === byId('burst-stop')) {
      byId('burst-start').focus();
    }
  }

  #showButtons() {
    byId('burst-start').disabled = !this.#canSend || Boolean(this.#burst);
    byId('burst-stop').disabled = !this.#burst;
  }
}
