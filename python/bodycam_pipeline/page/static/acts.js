// What a person can do: each act once, whether a key, a button or a drag asks for it.

import { get } from "./api.js";
import { ask, say } from "./dialogs.js";
import { el } from "./dom.js";
import { VIEWS } from "./store.js";

const RATES = [0.25, 0.5, 1, 2, 4, 8];

export function makeActs(store, { stage, timeline }) {
  const { clock } = store;
  const step = (by) => { acts.pause(); store.go(store.number + by); };
  const jump = (seconds) => { acts.pause(); store.goTo(store.pts + clock.pts(seconds)); };
  const chosen = () => store.facts.tracks.filter((track) => store.selected.has(track.number));

  function taken(facts) {
    store.boxes.clear();
    store.set({ facts });
  }

  async function reload() { taken(await get(store.job)); }

  const acts = {
    playPause() { if (store.playing) acts.pause(); else stage.play(); },
    pause() { stage.pause(); },
    slower() { store.set({ rate: RATES[Math.max(0, RATES.indexOf(store.rate) - 1)] }); },
    faster() { store.set({ rate: RATES[Math.min(RATES.length - 1, RATES.indexOf(store.rate) + 1)] }); if (!store.playing) stage.play(); },
    back: () => step(-1),
    forward: () => step(1),
    backSecond: () => jump(-1),
    forwardSecond: () => jump(1),
    backTen: () => jump(-10),
    forwardTen: () => jump(10),
    trackStart() { const [track] = chosen(); store.goTo(track ? track.first : clock.first); },
    trackEnd() { const [track] = chosen(); store.goTo(track ? track.last : clock.end); },
    async goTo() {
      const found = await ask({ title: "Go to", accept: "Go", body: el("label", { class: "field" }, "Time, +seconds or #frame", el("input", { name: "time", autofocus: true, autocomplete: "off" })) });
      if (!found) return;
      const pts = clock.parse(found.time, store.pts);
      if (pts === null) say(`“${found.time}” is no time`, { error: true, remedy: "Write 1:23.456, 83.5, +2, -0.5 or #120." });
      else { acts.pause(); store.goTo(pts); }
    },
    previousTrack: () => neighbour(-1),
    nextTrack: () => neighbour(1),
    nextUndecided: () => undecided(1),
    previousUndecided: () => undecided(-1),
    clear() { stage.draft = null; store.set({ selected: new Set(), mark: { first: null, end: null } }); stage.redraw(); },
    views() { const at = VIEWS.findIndex((view) => view.name === store.view); store.set({ view: VIEWS[(at + 1) % VIEWS.length].name }); },
    peek() { store.set({ peek: true }); },
    peekEnd() { store.set({ peek: false }); },
    fit() { timeline.fit(); },
    zoomIn() { timeline.zoom(0.6); },
    zoomOut() { timeline.zoom(1.6); },
    grey() { document.body.classList.toggle("grey"); },
    blur() { document.body.classList.toggle("veiled"); },
    openTrack(track) {
      store.select(track.number);
      if (store.pts < track.first || store.pts > track.last) { acts.pause(); store.goTo(track.first); }
    },
    openFinding(finding) { acts.pause(); store.select(); store.goTo(finding.pts); },
  };

  function neighbour(by) {
    const { tracks } = store.facts;
    if (!tracks.length) return;
    const at = tracks.findIndex((track) => store.selected.has(track.number));
    const next = tracks[at < 0 ? (by > 0 ? 0 : tracks.length - 1) : Math.max(0, Math.min(tracks.length - 1, at + by))];
    acts.openTrack(next);
  }

  function undecided(by) {
    const waiting = store.undecided();
    if (!waiting.length) { say("Everything is decided."); return; }
    const at = waiting.findIndex(({ track, finding }) => (track ? store.selected.has(track.number) : finding === store.finding));
    const next = waiting[at < 0 ? (by > 0 ? 0 : waiting.length - 1) : (at + by + waiting.length) % waiting.length];
    acts.pause();
    store.finding = next.finding || null;
    if (next.track) { store.select(next.track.number); store.goTo(next.pts); } else acts.openFinding(next.finding);
  }

  Object.assign(acts, { reload });
  return acts;
}
