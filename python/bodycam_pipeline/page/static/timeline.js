// The timeline: a lane per kind that opens to its tracks, findings as flags, spans, and the playhead.

import { bytes } from "./api.js";
import { el, fill } from "./dom.js";
import { STATES, nameOf } from "./store.js";

const RULER = 24, LANE = 26, TRACK = 18, MOST_ROWS = 40;
const LEAST_DRAG = 6, DASH = 12;
const STEPS = [0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

export class Timeline extends HTMLElement {
  connect(store, act) {
    this.store = store;
    this.act = act;
    this.open = new Set();
    this.scroll = new Map();
    this.labels = el("div", { class: "lane-labels" });
    this.canvas = el("canvas", { class: "lanes" });
    this.slider = el("div", { class: "lanes-area", role: "slider", tabIndex: 0, "aria-label": "Playhead", "aria-valuemin": 0 }, this.canvas);
    this.append(this.labels, this.slider);
    this.fit();
    store.on(["number", "selected", "mark", "watched", "progress"], () => this.draw());
    store.on(["facts"], () => this.layout());
    if (store.facts.sound) bytes(`${store.job}/sound`, { background: true }).then((loud) => { this.loud = new Uint8Array(loud); this.layout(); }, () => {});
    this.slider.addEventListener("pointerdown", (event) => this.#press(event));
    this.slider.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    new ResizeObserver(() => this.draw()).observe(this.slider);
    this.layout();
  }

  /** Show all of the recording. */
  fit() {
    const { clock } = this.store;
    [this.from, this.to] = [clock.first, clock.end];
    this.draw();
  }

  /** Zoom around the playhead, or around a pts. */
  zoom(factor, around = this.store.pts) {
    const { clock } = this.store, least = clock.pts(0.2);
    const wide = Math.max(least, Math.min(clock.end - clock.first, (this.to - this.from) * factor));
    const share = (around - this.from) / (this.to - this.from);
    this.from = Math.max(clock.first, Math.min(clock.end - wide, around - wide * share));
    this.to = this.from + wide;
    this.draw();
  }

  layout() {
    const { facts } = this.store, kinds = new Map();
    for (const track of facts.tracks) {
      if (!kinds.has(track.kind)) kinds.set(track.kind, []);
      kinds.get(track.kind).push(track);
    }
    this.rows = [];
    let top = RULER;
    const add = (row, height) => { this.rows.push({ ...row, top, height }); top += height; };
    if (facts.findings.length) add({ what: "findings" }, LANE);
    if (facts.remarks.length) add({ what: "remarks" }, LANE);
    if (facts.spans.length) add({ what: "spans" }, LANE);
    if (this.loud?.length) add({ what: "sound" }, LANE);
    for (const [kind, tracks] of kinds) {
      add({ what: "kind", kind, tracks }, LANE);
      if (!this.open.has(kind)) continue;
      const skip = Math.min(this.scroll.get(kind) || 0, Math.max(0, tracks.length - MOST_ROWS));
      for (const track of tracks.slice(skip, skip + MOST_ROWS)) add({ what: "track", track, kind }, TRACK);
      if (tracks.length > MOST_ROWS) add({ what: "more", kind, tracks, skip }, TRACK);
    }
    this.high = Math.max(top + 6, 110);
    this.canvas.style.height = `${this.high}px`;
    fill(this.labels, el("div", { class: "lane-label ruler" }, ""), this.rows.map((row) => this.#label(row)));
    this.draw();
  }

  draw() {
    if (!this.rows) return;
    cancelAnimationFrame(this.asked);
    this.asked = requestAnimationFrame(() => this.#draw());
  }

  #label(row) {
    const { facts } = this.store;
    if (row.what === "findings") return el("div", { class: "lane-label" }, `Second look (${facts.findings.length})`);
    if (row.what === "remarks") return el("div", { class: "lane-label" }, `Comments (${facts.remarks.length})`);
    if (row.what === "spans") return el("div", { class: "lane-label" }, "Withheld, muted");
    if (row.what === "sound") return el("div", { class: "lane-label" }, "Sound");
    if (row.what === "track") {
      return el("button", { class: "lane-label track", tabIndex: -1, onclick: () => this.#choose(row.track) }, `${STATES[row.track.state].mark} ${nameOf(row.track)}`);
    }
    if (row.what === "more") {
      const move = (by) => { this.scroll.set(row.kind, Math.max(0, row.skip + by)); this.layout(); };
      const text = `${row.skip + 1}–${Math.min(row.skip + MOST_ROWS, row.tracks.length)} of ${row.tracks.length}`;
      return el("div", { class: "lane-label more" }, el("button", { "aria-label": "earlier tracks", onclick: () => move(-MOST_ROWS) }, "▲"), text, el("button", { "aria-label": "later tracks", onclick: () => move(MOST_ROWS) }, "▼"));
    }
    const open = this.open.has(row.kind), undecided = row.tracks.filter((track) => track.state === "undecided").length;
    const toggle = () => { if (open) this.open.delete(row.kind); else this.open.add(row.kind); this.layout(); };
    const name = row.kind.replaceAll("-", " ");
    return el("button", { class: "lane-label kind", "aria-expanded": String(open), onclick: toggle },
      el("span", { class: "chevron", "aria-hidden": "true" }, open ? "▾" : "▸"), `${name[0].toUpperCase()}${name.slice(1)} (${row.tracks.length})`,
      undecided ? el("span", { class: "undecided-count", title: `${undecided} undecided` }, `? ${undecided}`) : null);
  }

  #choose(track) {
    this.store.select(track.number);
    const { pts } = this.store;
    if (pts < track.first || pts > track.last) this.store.goTo(track.first);
  }

  #x(pts) { return ((pts - this.from) / (this.to - this.from)) * this.wide; }

  #pts(event) {
    const area = this.canvas.getBoundingClientRect();
    return this.from + ((event.clientX - area.left) / area.width) * (this.to - this.from);
  }

  #press(event) {
    const area = this.canvas.getBoundingClientRect(), y = event.clientY - area.top;
    const row = this.rows.find((each) => y >= each.top && y < each.top + each.height);
    const pts = this.#pts(event);
    this.act.pause();
    if (row?.what === "sound") { this.#dragMute(event, pts); return; }
    if (row?.what === "track") this.store.select(row.track.number);
    if (row?.what === "kind") {
      const here = row.tracks.filter((track) => track.first <= pts && track.last >= pts);
      if (here.length) this.store.select(here[0].number);
    }
    if (row?.what === "findings" || row?.what === "remarks") {
      const nearest = [...this.store.facts[row.what]].sort((a, b) => Math.abs(a.pts - pts) - Math.abs(b.pts - pts))[0];
      this.store.goTo(nearest.pts);
      return;
    }
    this.store.goTo(pts);
    this.slider.setPointerCapture(event.pointerId);
    const move = (moved) => this.store.goTo(this.#pts(moved));
    this.slider.addEventListener("pointermove", move);
    this.slider.addEventListener("pointerup", () => this.slider.removeEventListener("pointermove", move), { once: true });
  }

  /** Drag over the sound: the stretch that is marked is what is to be muted. A click goes there, as anywhere. */
  #dragMute(event, from) {
    const { store } = this, start = event.clientX;
    const stretch = (moved) => [from, this.#pts(moved)].sort((a, b) => a - b).map((pts) => store.clock.at(pts));
    const move = (moved) => {
      const [first, last] = stretch(moved);
      store.goTo(this.#pts(moved));
      store.set({ mark: { first: store.clock.shown[first], end: store.clock.endOf(last) } });
    };
    store.goTo(from);
    this.slider.setPointerCapture(event.pointerId);
    this.slider.addEventListener("pointermove", move);
    this.slider.addEventListener("pointerup", (ended) => {
      this.slider.removeEventListener("pointermove", move);
      if (Math.abs(ended.clientX - start) >= LEAST_DRAG) this.act.mute(); else store.set({ mark: { first: null, end: null } });
    }, { once: true });
  }

  #wheel(event) {
    if (event.ctrlKey) {
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.#pts(event));
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      const { clock } = this.store, wide = this.to - this.from;
      this.from = Math.max(clock.first, Math.min(clock.end - wide, this.from + (event.deltaX / this.wide) * wide));
      this.to = this.from + wide;
      this.draw();
    }
  }

  #draw() {
    const { store, canvas } = this, { facts, clock } = store, ratio = devicePixelRatio;
    this.wide = this.slider.clientWidth;
    if (!this.wide) return;
    if (canvas.width !== Math.round(this.wide * ratio)) canvas.width = Math.round(this.wide * ratio);
    if (canvas.height !== Math.round(this.high * ratio)) canvas.height = Math.round(this.high * ratio);
    canvas.style.width = `${this.wide}px`;
    const g = canvas.getContext("2d");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, this.wide, this.high);
    this.#ruler(g);
    for (const row of this.rows) {
      g.strokeStyle = "#2c2f35";
      g.beginPath();
      g.moveTo(0, row.top + 0.5);
      g.lineTo(this.wide, row.top + 0.5);
      g.stroke();
      if (row.what === "kind") this.#kind(g, row);
      if (row.what === "sound") this.#sound(g, row);
      if (row.what === "track") this.#bars(g, row.track, row.top + 4, row.height - 8);
      if (row.what === "findings") facts.findings.forEach((finding) => this.#flag(g, finding, row, "#ef6b5e", finding.state === "decided"));
      if (row.what === "remarks") facts.remarks.forEach((remark) => this.#flag(g, remark, row, "#8cb4ff", !remark.open));
      if (row.what === "spans") facts.spans.forEach((span) => this.#span(g, span, row));
    }
    this.#marks(g);
    const x = this.#x(store.pts);
    g.fillStyle = "#ffffff";
    g.fillRect(Math.round(x) - 0.5, 0, 1.5, this.high);
    g.beginPath();
    g.moveTo(x - 5, 0); g.lineTo(x + 5, 0); g.lineTo(x, 7);
    g.fill();
    this.slider.setAttribute("aria-valuemax", clock.frames - 1);
    this.slider.setAttribute("aria-valuenow", store.number);
    this.slider.setAttribute("aria-valuetext", `${clock.format(store.pts)}, frame ${store.number + 1} of ${clock.frames}`);
  }

  #ruler(g) {
    const { clock } = this.store, seconds = clock.seconds(this.to - this.from);
    const step = STEPS.find((each) => (each / seconds) * this.wide >= 80) || STEPS[STEPS.length - 1];
    g.fillStyle = "#a9adb5";
    g.strokeStyle = "#4a4e57";
    g.font = "11px system-ui, sans-serif";
    for (const part of this.store.watched) this.#watched(g, part);
    g.fillStyle = "#a9adb5";
    for (let at = Math.ceil(clock.seconds(this.from) / step) * step; at <= clock.seconds(this.to); at += step) {
      const x = Math.round(this.#x(clock.pts(at))) + 0.5;
      g.beginPath(); g.moveTo(x, RULER - 9); g.lineTo(x, RULER - 1); g.stroke();
      const text = clock.format(Math.round(clock.pts(at)));
      if (x + 60 < this.wide) g.fillText(step < 1 ? text : text.replace(/\.\d+$/, ""), x + 4, 13);
    }
  }

  /** What was watched of the finished picture: a whole line at its own speed or slower, gaps in it where it was faster. */
  #watched(g, [first, end, speed]) {
    const from = Math.max(0, this.#x(first)), to = Math.min(this.wide, this.#x(end)), dash = DASH / Math.max(1, speed);
    g.fillStyle = "#3f7f5c";
    for (let x = from; x < to; x += DASH) g.fillRect(x, RULER - 4, Math.max(1, Math.min(dash, to - x)), 3);
  }

  /** A kind's lane: how many are there at once, those that are undecided hatched. */
  #kind(g, row) {
    const width = Math.max(1, Math.floor(this.wide)), many = new Uint16Array(width), open = new Uint16Array(width), kept = new Uint16Array(width);
    for (const track of row.tracks) {
      for (const [first, last] of track.stretches) {
        const a = Math.max(0, Math.floor(this.#x(first))), b = Math.min(width, Math.max(Math.ceil(this.#x(last)), a + 2));
        const into = track.state === "undecided" ? open : track.state === "kept" ? kept : many;
        for (let x = a; x < b; x += 1) into[x] += 1;
      }
    }
    const most = Math.max(1, ...many.map((value, x) => value + open[x] + kept[x])), high = row.height - 8;
    for (let x = 0; x < width; x += 1) {
      let bottom = row.top + row.height - 4;
      for (const [count, colour, hatched] of [[many[x], "#5f7590", false], [kept[x], STATES.kept.colour, false], [open[x], STATES.undecided.colour, true]]) {
        if (!count) continue;
        const tall = Math.max(3, (count / most) * high);
        g.fillStyle = colour;
        if (!hatched || x % 4 < 2) g.fillRect(x, bottom - tall, 1, tall);
        if (hatched) g.fillRect(x, bottom - tall, 1, 1.5);
        bottom -= tall;
      }
    }
  }

  #bars(g, track, top, high) {
    const style = STATES[track.state], selected = this.store.selected.has(track.number);
    for (const [first, last] of track.stretches) {
      const x = this.#x(first), wide = Math.max(3, this.#x(last) - x);
      if (x > this.wide || x + wide < 0) continue;
      g.fillStyle = style.colour;
      if (track.state === "undecided") {
        for (let at = 0; at < wide; at += 4) g.fillRect(x + at, top, Math.min(2, wide - at), high);
        g.fillRect(x, top, wide, 1.5);
        g.fillRect(x, top + high - 1.5, wide, 1.5);
      } else if (track.state === "kept") {
        g.strokeStyle = style.colour;
        g.strokeRect(x + 0.5, top + 0.5, wide - 1, high - 1);
      } else {
        g.fillRect(x, top, wide, high);
      }
      if (selected) { g.strokeStyle = "#ffffff"; g.lineWidth = 1.5; g.strokeRect(x - 1, top - 1.5, wide + 2, high + 3); g.lineWidth = 1; }
    }
  }

  /** How loud it is: the loudest sample under each pixel. */
  #sound(g, row) {
    const { clock } = this.store, bin = (pts) => Math.max(0, Math.min(this.loud.length - 1, Math.floor(((pts - clock.first) / (clock.end - clock.first)) * this.loud.length)));
    const middle = row.top + row.height / 2, per = (this.to - this.from) / this.wide;
    g.fillStyle = "#7f9bb8";
    for (let x = 0; x < this.wide; x += 1) {
      const first = bin(this.from + x * per), last = Math.max(first, bin(this.from + (x + 1) * per));
      let most = 0;
      for (let at = first; at <= last; at += 1) most = Math.max(most, this.loud[at]);
      const high = Math.max(1, (most / 255) * (row.height - 6));
      g.fillRect(x, middle - high / 2, 1, high);
    }
  }

  #flag(g, { pts }, row, colour, decided) {
    const x = this.#x(pts), bottom = row.top + row.height - 4;
    g.strokeStyle = g.fillStyle = decided ? "#6b7078" : colour;
    g.beginPath(); g.moveTo(x, row.top + 4); g.lineTo(x, bottom); g.stroke();
    g.beginPath(); g.moveTo(x, row.top + 4); g.lineTo(x + 10, row.top + 8); g.lineTo(x, row.top + 12);
    if (decided) g.stroke(); else g.fill();
  }

  #span(g, span, row) {
    const x = this.#x(span.first), wide = Math.max(2, this.#x(span.end) - x), mute = span.what === "mute";
    const top = row.top + (mute ? row.height / 2 : 3), high = row.height / 2 - 4;
    g.fillStyle = mute ? "#3d6f8f" : "#d8dade";
    g.fillRect(x, top, wide, high);
    if (wide > 50) {
      g.fillStyle = mute ? "#ffffff" : "#16171a";
      g.font = "10px system-ui, sans-serif";
      g.fillText(mute ? "muted" : "withheld", x + 4, top + 8);
    }
  }

  #marks(g) {
    const { first, end } = this.store.mark;
    if (first === null && end === null) return;
    const a = this.#x(first ?? end), b = this.#x(end ?? first);
    g.fillStyle = "rgba(140, 180, 255, 0.18)";
    if (first !== null && end !== null) g.fillRect(a, 0, b - a, this.high);
    g.fillStyle = "#8cb4ff";
    if (first !== null) { g.fillRect(a, 0, 1.5, this.high); g.fillText("I", a + 3, 22); }
    if (end !== null) { g.fillRect(b - 1.5, 0, 1.5, this.high); g.fillText("O", b + 3, 22); }
  }
}
customElements.define("review-timeline", Timeline);
