// Where everything is, by pts: windows of boxes are fetched once per revision of the plan.

import { get } from "./api.js";

const WINDOW_SECONDS = 8;
const MOST_WINDOWS = 40;

export class Boxes {
  constructor(job, clock) {
    this.job = job;
    this.clock = clock;
    this.width = Math.max(1, Math.round(clock.pts(WINDOW_SECONDS)));
    this.windows = new Map();
  }

  /** Forget everything: the plan has changed. */
  clear() { this.windows.clear(); }

  /** The boxes of a frame, at once if they are known, else null. */
  known(pts) {
    const found = this.windows.get(this.#number(pts));
    return found && !(found instanceof Promise) ? found.get(pts) || [] : null;
  }

  /** The boxes of a frame. */
  async of(pts) {
    const number = this.#number(pts);
    if (!this.windows.has(number)) this.windows.set(number, this.#fetch(number));
    const found = await this.windows.get(number);
    if (this.windows.get(number) instanceof Promise) this.windows.set(number, found);
    while (this.windows.size > MOST_WINDOWS) this.windows.delete(this.windows.keys().next().value);
    return found.get(pts) || [];
  }

  #number(pts) { return Math.floor((pts - this.clock.first) / this.width); }

  async #fetch(number) {
    const from = this.clock.first + number * this.width;
    try {
      const found = await get(`${this.job}/boxes?from=${from}&to=${from + this.width}`, { background: true });
      const byPts = new Map();
      for (const [state, columns] of [["hidden", found.hidden], ["kept", found.kept]]) {
        columns.pts.forEach((pts, row) => {
          const box = { track: columns.track[row], kind: columns.kind[row], origin: columns.origin[row], box: columns.box[row], state };
          if (byPts.has(pts)) byPts.get(pts).push(box); else byPts.set(pts, [box]);
        });
      }
      return byPts;
    } catch (error) {
      this.windows.delete(number);
      throw error;
    }
  }
}
