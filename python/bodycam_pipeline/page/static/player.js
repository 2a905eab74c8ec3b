// Playing: pieces of an H.264 copy, made on demand, kept in memory. Each presented picture says its own time, and the
// overlay is drawn with it from that time.

import { bytes, get } from "./api.js";
import { el } from "./dom.js";

const AHEAD_SECONDS = 5;
const BEHIND_SECONDS = 10;

export class Player {
  /** @param draw called with each presented picture and the number of its frame */
  constructor(store, draw) {
    this.store = store;
    this.draw = draw;
    this.video = el("video", { muted: true, playsInline: true, hidden: true, class: "player" });
    document.body.append(this.video);
    store.on(["rate"], () => { this.video.playbackRate = store.rate; });
  }

  async play(number) {
    const { store, video } = this;
    await this.#open();
    const seconds = store.clock.playing(store.clock.shown[number]);
    this.generation = (this.generation || 0) + 1;
    const mine = this.generation;
    await this.#feed(seconds);
    if (mine !== this.generation || !store.playing) return;
    video.currentTime = seconds + 1e-4;
    video.playbackRate = store.rate;
    this.#next(mine);
    video.play().catch(() => {});
    this.timer = setInterval(() => this.#feed(video.currentTime).catch(() => {}), 200);
  }

  pause() {
    this.generation = (this.generation || 0) + 1;
    clearInterval(this.timer);
    this.video.pause();
  }

  /** Forget every piece: the plan or the view has changed. */
  reset() {
    const again = this.store.playing;
    this.pause();
    if (this.source) URL.revokeObjectURL(this.video.src);
    this.source = null;
    this.video.removeAttribute("src");
    if (again) this.play(this.store.number);
  }

  #next(mine) {
    this.video.requestVideoFrameCallback(() => {
      if (mine !== this.generation) return;
      this.#present();
      const { store } = this;
      if (store.number >= store.clock.frames - 1) { dispatchEvent(new CustomEvent("played-out")); return; }
      this.#next(mine);
    });
  }

  #present() {
    const presented = new VideoFrame(this.video);
    try {
      this.draw(presented, this.store.clock.presented(presented.timestamp));
    } finally {
      presented.close();
    }
  }

  async #open() {
    if (this.source) return;
    const { store } = this;
    this.path = `${store.job}/play/${store.still}`;
    const { codec, pieces } = this.playing || (this.playing = await get(`${store.job}/playing`));
    this.pieces = pieces;
    this.have = new Set();
    this.source = new MediaSource();
    this.video.src = URL.createObjectURL(this.source);
    await new Promise((opened) => this.source.addEventListener("sourceopen", opened, { once: true }));
    this.buffer = this.source.addSourceBuffer(`video/mp4; codecs="${codec}"`);
    this.source.duration = store.clock.playing(store.clock.end);
    await this.#append(await bytes(`${this.path}/init.mp4`, { background: true }));
  }

  /** Bring the pieces that are played next, one after the other, and drop those that lie behind. */
  async #feed(seconds) {
    if (this.feeding) { return this.feeding; }
    this.feeding = this.#bring(seconds).finally(() => { this.feeding = null; });
    return this.feeding;
  }

  async #bring(seconds) {
    const { clock } = this.store, source = this.source, ahead = AHEAD_SECONDS * Math.max(1, this.store.rate);
    const first = this.#piece(seconds), last = this.#piece(seconds + ahead);
    for (let number = first; number <= last; number += 1) {
      if (this.have.has(number)) continue;
      this.store.boxes.of(this.pieces[number]).catch(() => {});
      const content = await bytes(`${this.path}/${number}.m4s`, { background: true });
      if (source !== this.source) return;
      await this.#append(content);
      this.have.add(number);
      if (number === first) return;
    }
    const kept = this.#piece(Math.max(0, seconds - BEHIND_SECONDS));
    const gone = [...this.have].filter((number) => number < kept || number > last + 10);
    for (const number of gone) {
      this.have.delete(number);
      const end = number + 1 < this.pieces.length ? this.pieces[number + 1] : clock.end;
      await this.#done(() => this.buffer.remove(clock.playing(this.pieces[number]), clock.playing(end)));
    }
  }

  #piece(seconds) {
    const pts = this.store.clock.first + this.store.clock.pts(seconds);
    let low = 0, high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pieces[middle] <= pts) low = middle + 1; else high = middle;
    }
    return Math.max(0, low - 1);
  }

  #append(content) { return this.#done(() => this.buffer.appendBuffer(content)); }

  #done(act) {
    return new Promise((done, failed) => {
      this.buffer.addEventListener("updateend", done, { once: true });
      this.buffer.addEventListener("error", failed, { once: true });
      try { act(); } catch (error) { failed(error); }
    });
  }
}
