// The page is changed where something is new, and nowhere else: nothing flickers, focus and selection stay.

export const byId = (id) => document.getElementById(id);

/** make("td.number", { title: "…" }, child, "text") */
export function make(kind, attributes = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function text(element, said) {
  if (element.textContent !== said) element.textContent = said;
}

export function attribute(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

/** One child for each item, found again by its key. `build(item)` makes a child, `fill(child, item)` brings it up to date. */
export function keep(parent, items, keyOf, build, fill) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, place) => {
    const key = keyOf(item);
    const child = old.get(key) ?? build(item);
    child.dataset.key = key;
    old.delete(key);
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
    fill(child, item);
  });
  for (const child of old.values()) child.remove();
}
