// Elements are made here and nowhere else: names and reasons are text, never markup.

/** Make an element. `props` are properties, `on…` listeners, `class`, `data-…` and `aria-…` attributes. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name.includes("-") || name === "role" || name === "for" || name === "list") node.setAttribute(name, value === true ? "" : value);
    else node[name] = value;
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Replace an element's children. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** The key caps of a shortcut, as elements. */
export function caps(text) {
  return text.split(/\+(?=.)/).map((part) => el("kbd", {}, part));
}
