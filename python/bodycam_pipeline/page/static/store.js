// What the page knows of the open job: one value, changed in one place, told to whoever draws it.

export const VIEWS = [
  { name: "released", label: "As released", still: "released" },
  { name: "boxes", label: "Boxes", still: "original" },
  { name: "through", label: "See-through", still: "original" },
  { name: "original", label: "Original", still: "original" },
];

export class Store extends EventTarget {
  constructor(person) {
    super();
    this.person = person;
    this.job = "";
    this.facts = null;
    this.clock = null;
    this.boxes = null;
    this.number = 0;
    this.view = "released";
    this.peek = false;
    this.selected = new Set();
    this.mark = { first: null, end: null };
    this.playing = false;
    this.rate = 1;
    this.sound = false;
    this.progress = null;
    this.watched = [];
    this.apart = new Set();
  }

  /** Change some of it, and tell. */
  set(changes) {
    const changed = Object.keys(changes).filter((name) => this[name] !== changes[name]);
    if (!changed.length) return;
    Object.assign(this, changes);
    this.dispatchEvent(new CustomEvent("change", { detail: new Set(changed) }));
  }

  /** Call a function whenever one of these changes. */
  on(names, act) {
    this.addEventListener("change", (event) => { if (names.some((name) => event.detail.has(name))) act(event.detail); });
  }

  get pts() { return this.clock.shown[this.number]; }
  get still() { return this.peek ? "original" : VIEWS.find((view) => view.name === this.view).still; }

  go(number) {
    this.set({ number: Math.max(0, Math.min(this.clock.frames - 1, number)) });
  }

  goTo(pts) { this.go(this.clock.at(pts)); }
  track(number) { return this.facts.tracks.find((track) => track.number === number); }
  select(...tracks) { this.set({ selected: new Set(tracks) }); }

  /** Note that a frame of the finished picture was seen while it was played at some speed. */
  saw(number, rate) {
    if (this.still !== "released" || !this.facts.rendered) return;
    if (!this.speeds) this.speeds = new Float32Array(this.clock.frames);
    if (rate > this.speeds[number]) this.speeds[number] = rate;
    if (number % 8 === 0) this.set({ watched: this.watchedParts() });
  }

  forgetWatched() { this.speeds = null; this.set({ watched: [] }); }

  /** What was watched: first pts, end pts and speed of each stretch; a gap of a few frames counts as seen. */
  watchedParts() {
    const parts = [], { speeds, clock } = this;
    if (!speeds) return parts;
    let open = null, gap = 0;
    for (let number = 0; number <= clock.frames; number += 1) {
      const speed = number < clock.frames ? speeds[number] : 0;
      if (speed) {
        if (open && open[2] !== speed) { parts.push(open); open = [open[1], 0, speed]; }
        if (!open) open = [clock.shown[number], 0, speed];
        open[1] = clock.endOf(number);
        gap = 0;
      } else if (open && ((gap += 1) > 16 || number === clock.frames)) { parts.push(open); open = null; gap = 0; }
    }
    if (open) parts.push(open);
    return parts;
  }

  /** Share of the recording that was watched. */
  share() {
    return this.watchedParts().reduce((sum, [first, end]) => sum + end - first, 0) / (this.clock.end - this.clock.first);
  }

  /** How much of it was watched, in words, and how fast at most. */
  watchedWords() {
    const speed = Math.max(0, ...this.watchedParts().map(([, , each]) => each));
    return `You watched ${Math.round(this.share() * 100)} % of the finished picture${speed ? `, at ${speed}× at most` : ""}.`;
  }

  /** Everything that a person has not decided yet: findings first, then doubtful tracks, then the others, by time. */
  undecided() {
    const findings = this.facts.findings.filter((finding) => finding.state !== "decided").map((finding) => ({ finding, pts: finding.pts }));
    const proposals = this.proposals(), grouped = new Set(proposals.flat());
    const alone = this.facts.tracks.filter((track) => track.state === "undecided" && !grouped.has(track.number)).map((track) => [track]);
    const groups = proposals.map((numbers) => numbers.map((number) => this.track(number)));
    const items = [...groups, ...alone].map((tracks) => ({ tracks, pts: Math.min(...tracks.map((track) => track.first)) })).sort((a, b) => a.pts - b.pts);
    const doubtful = ({ tracks }) => tracks.some((track) => track.doubts.length);
    return [...findings, ...items.filter(doubtful), ...items.filter((item) => !doubtful(item))];
  }

  /** Numbers of tracks that may be one thing: proposed by the server, not yet taken, and not said to be apart. */
  proposals() { return this.facts.proposals.filter((numbers) => !this.apart.has(numbers.join())); }

  /** The proposal that is chosen, whole; or null. */
  proposed() { return this.proposals().find((numbers) => numbers.length === this.selected.size && numbers.every((number) => this.selected.has(number))) || null; }

  /** Say that a proposal is not one thing: it is shown as single tracks from now on. */
  keepApart(numbers) {
    this.apart.add(numbers.join());
    this.set({ facts: { ...this.facts } });
  }
}

/** How a track is called. */
export function nameOf(track) {
  const kind = track.kind.replaceAll("-", " ");
  return `${kind[0].toUpperCase()}${kind.slice(1)} ${track.number}`;
}

/** What a span does. */
export function spanName(span) { return span.what === "mute" ? "Muted" : "Withheld"; }

/** Colours and shapes by decision; each state has both, so that none is told by colour alone. */
export const STATES = {
  undecided: { label: "undecided", colour: "#e8b04a", dash: [7, 4], mark: "?" },
  hidden: { label: "hidden", colour: "#8ea3bd", dash: [], mark: "✓" },
  kept: { label: "kept visible", colour: "#5fc48a", dash: [2, 4], mark: "◎" },
  drawn: { label: "drawn", colour: "#b79cf0", dash: [], mark: "✎" },
};
