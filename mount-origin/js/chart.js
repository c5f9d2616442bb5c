const width = 600;
const height = 120;

function shape(svg, name, attributes) {
  const node = document.createElementNS(svg.namespaceURI, name);

  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  return node;
}

function draw(svg, top, label, shapes) {
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-label', label);
  svg.replaceChildren(...shapes);
  svg.parentElement.dataset.top = Number(top.toPrecision(3));
}

/** Draws @lines of equal length, the first in front, NaN as a gap; @label describes it. */
export function drawLines(svg, lines, label) {
  const top = Math.max(0, ...lines.flat().filter(Number.isFinite));
  const point = (value, index, values) => {
    const x = index / (values.length - 1) * width;
    const y = height - 4 - value / (top || 1) * (height - 8);

    return Number.isFinite(value) ? `${Number.isFinite(values[index - 1]) ? 'L' : 'M'}${x} ${y}h1` : '';
  };

  draw(svg, top, label, lines.map((values) => (
    shape(svg, 'path', { d: values.map(point).join('') }))).reverse());
}

/** Draws @counts as bars. */
export function drawBars(svg, counts, label) {
  const top = Math.max(...counts);
  const step = width / counts.length;

  draw(svg, top, label, counts.map((count, index) => {
    const tall = count && Math.max(2, count / top * (height - 4));

    return shape(svg, 'rect', { x: index * step + 1, y: height - tall, width: step - 2, height: tall });
  }));
}
