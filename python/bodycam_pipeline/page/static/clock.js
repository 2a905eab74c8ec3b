// Time is the recording's pts; seconds are only ever shown. Frames are found by their pts, never by a rate.

export class Clock {
  /** @param {Float64Array} shown pts of every frame @param {object} job facts of the job */
  constructor(shown, job) {
    this.shown = shown;
    [this.numerator, this.denominator] = job.time_base;
    this.first = shown[0];
    this.end = job.end_pts;
  }

  get frames() { return this.shown.length; }

  /** The number of the frame that is on the screen at a pts. */
  at(pts) {
    let low = 0, high = this.shown.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.shown[middle] <= pts) low = middle + 1; else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** The number of the frame whose time is nearest to that of a presented picture, in microseconds of the playing copy. */
  presented(microseconds) {
    const pts = this.first + (microseconds * this.denominator) / (this.numerator * 1e6);
    const before = this.at(pts);
    const after = Math.min(before + 1, this.frames - 1);
    return pts - this.shown[before] <= this.shown[after] - pts ? before : after;
  }

  seconds(pts) { return (pts * this.numerator) / this.denominator; }
  pts(seconds) { return (seconds * this.denominator) / this.numerator; }
  /** Seconds of the playing copy, which begins with the first frame. */
  playing(pts) { return this.seconds(pts - this.first); }
  endOf(number) { return number + 1 < this.frames ? this.shown[number + 1] : this.end; }

  format(pts) {
    const seconds = this.seconds(pts);
    const sign = seconds < 0 ? "-" : "";
    const thousandths = Math.floor(Math.abs(seconds) * 1000 + 1e-6);
    const part = (value, digits) => String(value).padStart(digits, "0");
    const hours = Math.floor(thousandths / 3600000), minutes = Math.floor(thousandths / 60000) % 60;
    const head = hours ? `${hours}:${part(minutes, 2)}` : `${minutes}`;
    return `${sign}${head}:${part(Math.floor(thousandths / 1000) % 60, 2)}.${part(thousandths % 1000, 3)}`;
  }

  /** A pts from what a person typed: 1:23.456, 83.5, +2, -0.5 or #frame; null where it is none. */
  parse(text, now) {
    const typed = text.trim();
    const frame = /^#(\d+)$/.exec(typed);
    if (frame) return this.shown[Math.min(Number(frame[1]), this.frames - 1)];
    const found = /^([+-]?)(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)$/.exec(typed);
    if (!found) return null;
    const seconds = Number(found[2] || 0) * 3600 + Number(found[3] || 0) * 60 + Number(found[4]);
    if (found[1]) return now + this.pts(seconds) * (found[1] === "-" ? -1 : 1);
    return this.pts(seconds);
  }
}
