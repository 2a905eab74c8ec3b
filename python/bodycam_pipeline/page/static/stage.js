// The picture: an exact still with its overlay, or what is being played, drawn together from one pts.

import { picture } from "./api.js";
import { el } from "./dom.js";
import { Player } from "./player.js";
import { STATES, nameOf } from "./store.js";

const MOST_STILLS = 24;

export class Stage extends HTMLElement {
  connect(store) {
    this.store = store;
    this.stills = new Map();
    this.busy = false;
    this.canvas = el("canvas", { class: "picture", role: "img", "aria-label": "The frame under the playhead" });
    this.note = el("p", { class: "stage-note", hidden: true });
    this.badge = el("p", { class: "stage-badge", "aria-live": "polite" });
    this.append(this.canvas, this.note, this.badge);
    this.player = new Player(store, (image, number) => this.#drawPlayed(image, number));
    store.on(["number", "view", "peek", "facts"], (changed) => {
      const painted = changed.has("facts") && store.facts.picture !== this.painted;
      this.painted = store.facts.picture;
      if (painted || changed.has("view") || changed.has("peek")) this.player.reset();
      if (!store.playing) this.show();
    });
    store.on(["selected"], () => this.redraw());
    new ResizeObserver(() => this.#resize()).observe(this);
    this.#resize();
    this.canvas.addEventListener("click", (event) => this.#choose(event));
    addEventListener("played-out", () => this.pause());
    return this.show();
  }

  /** Choose what was clicked: the smallest box there, the next one with every further click. */
  #choose(event) {
    if (this.classList.contains("drawing")) return;
    const here = this.under(this.pixel(event)).map(({ track }) => track);
    if (!here.length) { this.store.select(); return; }
    const at = here.findIndex((track) => this.store.selected.has(track));
    this.store.select(here[(at + 1) % here.length]);
  }

  /** Show the frame under the playhead: decoded exactly, whatever was played before. */
  async show() {
    if (this.busy) { this.again = true; return; }
    this.busy = true;
    const { store } = this;
    do {
      this.again = false;
      const pts = store.pts, wanted = this.#key(pts);
      try {
        const [image, boxes] = await Promise.all([this.#still(pts), store.boxes.of(pts)]);
        if (wanted === this.#key(store.pts) && !store.playing) this.#draw(image, boxes, pts);
        this.note.hidden = true;
      } catch (error) {
        this.#say(`${error.message}. ${error.remedy || ""}`, pts);
      }
    } while (this.again);
    this.busy = false;
    this.#prefetch();
  }

  play() { this.store.set({ playing: true }); this.player.play(this.store.number); }

  pause() {
    if (!this.store.playing) return;
    this.player.pause();
    this.store.set({ playing: false, watched: this.store.watchedParts() });
    this.show();
  }

  /** Draw again what is there: the overlay has changed. */
  redraw() { if (this.last) this.#draw(this.last.image, this.last.boxes, this.last.pts); }

  /** A point of the page as pixels of the upright frame. */
  pixel(event) {
    const area = this.canvas.getBoundingClientRect(), [width, height] = this.store.facts.size;
    return [((event.clientX - area.left) / area.width) * width, ((event.clientY - area.top) / area.height) * height];
  }

  /** Boxes under a point, the smallest first. */
  under([x, y]) {
    const inside = (this.last?.boxes || []).filter(({ box: [l, t, r, b] }) => x >= l && x < r && y >= t && y < b);
    return inside.sort((a, b) => (a.box[2] - a.box[0]) * (a.box[3] - a.box[1]) - (b.box[2] - b.box[0]) * (b.box[3] - b.box[1]));
  }

  #key(pts) { return `${this.store.still}/${this.store.still === "released" ? this.store.facts.picture : ""}/${pts}`; }

  async #still(pts, background = false) {
    const key = this.#key(pts);
    const found = this.stills.get(key);
    if (found) return found;
    const image = await picture(`${this.store.job}/still/${this.store.still}/${pts}.jpg`, { background });
    this.stills.set(key, image);
    while (this.stills.size > MOST_STILLS) this.stills.delete(this.stills.keys().next().value);
    return image;
  }

  async #prefetch() {
    const { store } = this;
    for (const number of [store.number + 1, store.number - 1]) {
      if (this.busy || store.playing || number < 0 || number >= store.clock.frames) return;
      await this.#still(store.clock.shown[number], true).catch(() => {});
    }
  }

  #say(text, pts) {
    this.last = null;
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.note.textContent = text;
    this.note.hidden = false;
    this.dataset.pts = pts;
    this.dataset.shown = "nothing";
  }

  #drawPlayed(image, number) {
    const pts = this.store.clock.shown[number];
    const boxes = this.store.boxes.known(pts);
    if (boxes === null) this.store.boxes.of(pts).catch(() => {});
    this.#draw(image, boxes || [], pts, true);
    this.store.set({ number });
    this.store.saw(number, this.store.rate);
  }

  #draw(image, boxes, pts, played = false) {
    const { canvas } = this, context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const [width] = this.store.facts.size, scale = canvas.width / width;
    for (const box of boxes) this.#drawBox(context, box, scale);
    for (const remark of this.store.facts.remarks) if (remark.pts === pts && remark.box) this.#drawRemark(context, remark, scale);
    if (this.draft) this.#drawDraft(context, scale);
    if (!played) this.last = { image, boxes, pts };
    this.dataset.pts = pts;
    this.dataset.shown = played ? "playing" : this.store.still;
    this.dataset.boxes = boxes.length;
  }

  #drawBox(context, { track, kind, box: [left, top, right, bottom], state }, scale) {
    const { store } = this, view = store.peek ? "original" : store.view, selected = store.selected.has(track);
    if (!selected && (view === "original" || view === "released")) return;
    const known = store.track(track), style = STATES[state === "kept" ? "kept" : known?.state || "undecided"];
    const [x, y, w, h] = [left, top, right - left, bottom - top].map((side) => side * scale);
    if (view === "through" && state === "hidden") {
      context.fillStyle = "rgba(12, 13, 15, 0.55)";
      context.fillRect(x, y, w, h);
    }
    const ratio = devicePixelRatio;
    context.lineWidth = (selected ? 3 : 1.75) * ratio;
    context.setLineDash([]);
    context.strokeStyle = "rgba(0, 0, 0, 0.65)";
    context.strokeRect(x, y, w, h);
    context.lineWidth = (selected ? 2 : 1.25) * ratio;
    context.setLineDash(style.dash.map((dash) => dash * ratio));
    context.strokeStyle = selected ? "#ffffff" : style.colour;
    context.strokeRect(x, y, w, h);
    context.setLineDash([]);
    const text = `${style.mark} ${nameOf({ kind, number: track })}`;
    context.font = `${12 * ratio}px system-ui, sans-serif`;
    const length = context.measureText(text).width + 10 * ratio, high = 17 * ratio;
    const above = y > high ? y - high : y + h;
    context.fillStyle = "rgba(16, 17, 20, 0.82)";
    context.fillRect(x, above, length, high);
    context.fillStyle = style.colour;
    context.fillText(text, x + 5 * ratio, above + 12.5 * ratio);
  }

  /** Where somebody commented: a frame around it, in this frame alone. */
  #drawRemark(context, { box: [left, top, right, bottom], by }, scale) {
    const [x, y, w, h] = [left, top, right - left, bottom - top].map((side) => side * scale), ratio = devicePixelRatio;
    context.lineWidth = 2 * ratio;
    context.strokeStyle = context.fillStyle = "#8cb4ff";
    context.setLineDash([2 * ratio, 3 * ratio]);
    context.strokeRect(x, y, w, h);
    context.setLineDash([]);
    context.font = `${12 * ratio}px system-ui, sans-serif`;
    context.fillText(`¶ ${by}`, x + 4 * ratio, y + 14 * ratio);
  }

  #drawDraft(context, scale) {
    const [left, top, right, bottom] = this.draft.map((side) => side * scale);
    context.lineWidth = 2 * devicePixelRatio;
    context.strokeStyle = "#b79cf0";
    context.fillStyle = "rgba(183, 156, 240, 0.18)";
    context.fillRect(left, top, right - left, bottom - top);
    context.strokeRect(left, top, right - left, bottom - top);
  }

  #resize() {
    const { width, height } = this.getBoundingClientRect(), aspect = this.store.facts.aspect;
    if (!width || !height) return;
    const fitted = Math.min(width, height * aspect);
    this.canvas.style.width = `${fitted}px`;
    this.canvas.style.height = `${fitted / aspect}px`;
    const [w, h] = [Math.round(fitted * devicePixelRatio), Math.round((fitted / aspect) * devicePixelRatio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      [this.canvas.width, this.canvas.height] = [w, h];
      this.redraw();
    }
  }
}
customElements.define("review-stage", Stage);
