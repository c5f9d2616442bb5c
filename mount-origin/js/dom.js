export const byId = (id) => document.getElementById(id);

export function onClick(id, action) {
  byId(id).addEventListener('click', action);
}

/** A new element with @properties, and @children in it. */
export function element(name, properties, ...children) {
  const node = Object.assign(document.createElement(name), properties);

  node.append(...children);
  return node;
}

/** Shows @pairs of term and value in a <dl>. */
export function showPairs(list, pairs) {
  list.replaceChildren(...pairs.map((pair) => (
    element('div', {}, element('dt', {}, pair[0]), element('dd', {}, String(pair[1]))))));
}

/** Shows what is wrong with a @field and focuses it; no @text: nothing is wrong. */
export function showFault(form, text = '', field = undefined) {
  const alert = form.querySelector('[role="alert"]');

  alert.textContent = text;
  form.querySelector('[aria-invalid]')?.removeAttribute('aria-invalid');
  field?.setAttribute('aria-invalid', 'true');
  field?.setAttribute('aria-errormessage', alert.id);
  field?.focus();
}

/** Clears a fault when the form changes. */
export function forgetFaults(form) {
  form.addEventListener('input', () => showFault(form));
}
