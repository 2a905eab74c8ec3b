// Playing: pieces of an H.264 copy, made on demand, kept in memory. Each presented picture says its own time, and the
// overlay is drawn with it from that time. Sound comes only where somebody asked for it.

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
    store.on(["sound"], () => this.reset());
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
    const { store } = this, { clock } = store;
    this.path = `${store.job}/play/${store.still}`;
    const { codec, pieces, sound } = this.playing || (this.playing = await get(`${store.job}/playing`));
    this.source = new MediaSource();
    this.video.src = URL.createObjectURL(this.source);
    await new Promise((opened) => this.source.addEventListener("sourceopen", opened, { once: true }));
    const seconds = pieces.map((pts) => clock.playing(pts)), end = clock.playing(clock.end);
    this.lanes = [new Lane(this.source, `video/mp4; codecs="${codec}"`, [...seconds, end], (number) => `${this.path}/${number}.m4s`)];
    const heard = store.sound && sound && (store.still === "original" || sound.released);
    if (heard) {
      const starts = Array.from({ length: sound.pieces }, (_, number) => number * sound.seconds);
      this.lanes.push(new Lane(this.source, 'audio/mp4; codecs="mp4a.40.2"', [...starts, end], (number) => `${this.path}/sound/${number}.m4s`));
    }
    this.video.muted = !heard;
    this.source.duration = end;
    await this.lanes[0].append(await bytes(`${this.path}/init.mp4`, { background: true }));
    if (heard) await this.lanes[1].append(await bytes(`${store.job}/play/sound.mp4`, { background: true }));
  }

  /** Bring the pieces that are played next, one after the other, and drop those that lie behind. */
  async #feed(seconds) {
    if (this.feeding) { return this.feeding; }
    this.feeding = this.#bring(seconds).finally(() => { this.feeding = null; });
    return this.feeding;
  }

  async #bring(seconds) {
    const { source } = this, ahead = AHEAD_SECONDS * Math.max(1, this.store.rate);
    this.store.boxes.of(this.store.clock.shown[this.store.clock.at(this.store.clock.first + this.store.clock.pts(seconds))]).catch(() => {});
    for (const lane of this.lanes) {
      for (let number = lane.at(seconds); number <= lane.at(seconds + ahead); number += 1) {
        if (lane.have.has(number)) continue;
        const content = await bytes(lane.path(number), { background: true });
        if (source !== this.source) return;
        await lane.append(content);
        lane.have.add(number);
        if (number === lane.at(seconds)) break; // what is played now comes first, in every lane
      }
      await lane.drop(lane.at(Math.max(0, seconds - BEHIND_SECONDS)), lane.at(seconds + ahead) + 10);
    }
  }
}

/** The pieces of a picture or of a sound: where each begins, and which of them the browser has. */
class Lane {
  /** @param starts seconds of each piece, and the end of the last */
  constructor(source, kind, starts, path) {
    this.buffer = source.addSourceBuffer(kind);
    this.starts = starts;
    this.path = path;
    this.have = new Set();
  }

  /** The piece that is played at a time. */
  at(seconds) {
    let low = 0, high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= seconds) low = middle + 1; else high = middle;
    }
    return Math.max(0, low - 1);
  }

  append(content) { return this.#done(() => this.buffer.appendBuffer(content)); }

  /** Forget pieces before one, and after another. */
  async drop(first, last) {
    for (const number of [...this.have].filter((each) => each < first || each > last)) {
      this.have.delete(number);
      await this.#done(() => this.buffer.remove(this.starts[number], this.starts[number + 1]));
    }
  }

  #done(act) {
    return new Promise((done, failed) => {
      this.buffer.addEventListener("updateend", done, { once: true });
      this.buffer.addEventListener("error", failed, { once: true });
      try { act(); } catch (error) { failed(error); }
    });
  }
}
