import { drawLines } from './chart.js';
import { byId, showPairs } from './dom.js';
import { formatMs } from './payload.js';
import { Histogram } from './stats.js';

export function percentiles(trips) {
  return [['p50', 0.5], ['p95', 0.95], ['p99', 0.99], ['max', 1]]
    .map(([name, share]) => [name, trips.count ? formatMs(trips.percentile(share)) : '–']);
}

function show(seconds) {
  const all = new Histogram();
  const { sent, received } = seconds.at(-1);
  const pick = (value) => seconds.map(value);

  seconds.forEach(({ trips }) => all.merge(trips));
  const figures = percentiles(all);

  showPairs(byId('figures'), [...figures, ['sent a second', sent], ['received a second', received]]);
  drawLines(byId('trips'), [0.5, 1].map((share) => pick(({ trips }) => trips.percentile(share))),
    `Round trip over time: ${figures.join(', ')}`);
  drawLines(byId('rates'), [pick((second) => second.received), pick((second) => second.sent)],
    `Messages a second over time, at last ${sent} sent, ${received} received`);
}

/** Shows the last seconds of a Timeline, once a second. */
export function showLive(timeline) {
  const render = () => show(timeline.until(performance.now()));

  render();
  setInterval(render, 1000);
}
