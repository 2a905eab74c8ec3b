// Small pictures, two at a time and what was asked for last first: the picture under the playhead never waits for them.

import { bytes } from "./api.js";
import { el } from "./dom.js";

const AT_ONCE = 2;
const MOST = 300;
const made = new Map();
const waiting = [];
let running = 0;

/** A small picture that comes when there is time; `eager` ones come before all others. */
export function thumb(path, alt, { title = alt, className = "thumb", eager = false } = {}) {
  const image = el("img", { class: className, alt, title });
  const known = made.get(path);
  if (known) image.src = known;
  else {
    image.ready = new Promise((done) => waiting.push({ path, image, eager, done }));
    next();
  }
  return image;
}

function next() {
  if (running >= AT_ONCE || !waiting.length) return;
  let at = waiting.findLastIndex(({ eager }) => eager);
  if (at < 0) at = waiting.length - 1;
  const [{ path, image, eager, done }] = waiting.splice(at, 1);
  running += 1;
  load(path).then((address) => { image.src = address; }, (error) => missing(image, error)).finally(() => { running -= 1; done(); next(); });
  next();
}

function missing(image, { message, remedy }) {
  image.classList.add("missing");
  image.alt = image.title = `${message}. ${remedy || ""}`;
}

async function load(path) {
  if (!made.has(path)) {
    made.set(path, URL.createObjectURL(new Blob([await bytes(path, { background: true })], { type: "image/jpeg" })));
    if (made.size > MOST) { const [old] = made.keys(); URL.revokeObjectURL(made.get(old)); made.delete(old); }
  }
  return made.get(path);
}

/** Whoever scrolls on does not wait for what is gone. */
export function forgetGone() {
  for (let at = waiting.length - 1; at >= 0; at -= 1) {
    const { image, eager, done } = waiting[at];
    if (!eager && !image.isConnected) { waiting.splice(at, 1); done(); }
  }
}
