// What a person can do: each act once, whether a key, a button or a drag asks for it.

import { get, post } from "./api.js";
import { ask, askComment, askReason, say } from "./dialogs.js";
import { el } from "./dom.js";
import { drawBox } from "./drawing.js";
import { nextWaiting, open as openAnew } from "./queue.js";
import { VIEWS, nameOf, spanName } from "./store.js";
import { thumb } from "./thumbs.js";

export const RATES = [0.25, 0.5, 1, 2, 4, 8];
const EVERY_MS = 700;

const undecidedWords = (many) => (many ? `${many} ${many === 1 ? "is" : "are"} undecided. Everything undecided stays hidden.` : "Everything is decided.");

/** A browser sends at most 64 KiB from a page that is left. */
const MOST_PARTS = 1000;

export function makeActs(store, { stage, timeline, jobs, number }) {
  const { clock } = store;
  const last = { keep: "the requester", change: "" };
  const step = (by) => { acts.pause(); store.go(store.number + by); };
  const jump = (seconds) => { acts.pause(); store.goTo(store.pts + clock.pts(seconds)); };
  const chosen = () => store.facts.tracks.filter((track) => store.selected.has(track.number));
  const named = (tracks) => (tracks.length === 1 ? nameOf(tracks[0]) : `${tracks.length} tracks`);
  const fail = (error) => say(error.message, { error: true, remedy: error.remedy });

  let deciding = Promise.resolve(); // one after the other: each is made of what the one before left
  let told = ""; // what was watched, as it was last put on record
  addEventListener("pagehide", () => tellWatched({ keepalive: true }).catch(() => {}));

  /** Send a decision; the server answers with the job as it then stands. */
  function decide(act, facts = {}, done = "") {
    deciding = deciding.then(() => send(act, facts, done));
    return deciding;
  }

  async function send(act, facts, done) {
    try {
      taken(await post(`${store.job}/decisions`, { act, revision: store.facts.revision, ...facts }));
      if (done) say(done);
      return true;
    } catch (error) {
      fail(error);
      if (error.code === "changed-meanwhile") await acts.reload();
      return false;
    }
  }

  function taken(facts) {
    store.boxes.clear();
    const numbers = new Set(facts.tracks.map((track) => track.number));
    const selected = new Set([...store.selected].filter((number) => numbers.has(number)));
    store.set({ facts, selected });
  }

  /** The tracks that are chosen, or by number; says so where there are none. */
  function wanted(numbers) {
    const tracks = numbers ? store.facts.tracks.filter((track) => numbers.includes(track.number)) : chosen();
    if (!tracks.length) say("Choose a track first.", { remedy: "Click it, or press N, ↑ or ↓." });
    return tracks.length ? tracks : null;
  }

  /** The finding that N went to, while no track is chosen and it waits. */
  function pointed() {
    if (store.selected.size || !store.finding) return null;
    return store.facts.findings.find(({ number, state }) => number === store.finding.number && state !== "decided") || null;
  }

  /** After a decision: the next that waits, as by N. */
  async function onward(done) { if (await done && store.undecided().length) undecided(1, true); }

  /** Two marks, or from the playhead to where somebody says. */
  async function marked(title) {
    const { first, end } = store.mark;
    if (first !== null && end !== null) return [Math.min(first, end), Math.max(first, end)];
    const found = await ask({ title, note: "Or set the ends with I and O first.", body: el("div", { class: "fields" },
      el("label", { class: "field" }, "From", el("input", { name: "from", value: clock.format(first ?? store.pts), autocomplete: "off" })),
      el("label", { class: "field" }, "To", el("input", { name: "to", value: clock.format(end ?? clock.endOf(store.number)), autofocus: true, autocomplete: "off" }))) });
    if (!found) return null;
    const ends = [clock.parse(found.from, store.pts), clock.parse(found.to, store.pts)];
    if (ends.includes(null) || ends[1] <= ends[0]) { say("That is no stretch of time.", { error: true, remedy: "Write 1:23.456 and a later time." }); return null; }
    return ends.map(Math.round);
  }

  async function span(table, title, kinds) {
    const ends = await marked(title);
    if (!ends) return;
    const found = await askReason(`${title} ${clock.format(ends[0])} – ${clock.format(ends[1])}`, store.facts.reasons, { kinds, accept: title });
    if (found && await decide(table, { from: ends[0], to: ends[1], ...found, kind: found.kind || null }, `${title}: done`)) store.set({ mark: { first: null, end: null } });
  }

  /** Show the poorest picture of every track before it is kept: who is visible should be who was meant. */
  async function keep(numbers, act = "keep") {
    const tracks = wanted(numbers);
    if (!tracks) return;
    const alone = act === "only";
    const picture = async (track, which) => {
      const image = thumb(`${store.job}/tracks/${track.number}/${which}.jpg?${track.first}-${track.last}`, `${nameOf(track)}, ${which === "worst" ? "poorest" : "sharpest"} picture`, { className: "proof", eager: true });
      await image.ready;
      return image;
    };
    const proofs = await Promise.all(tracks.map(async (track) => el("figure", {}, await picture(track, "best"), await picture(track, "worst"), el("figcaption", {}, nameOf(track)))));
    const reasons = [...new Set([last.keep, "the requester", "consented", ...store.facts.reasons])];
    const found = await askReason(`Keep ${named(tracks)} visible${alone ? ", hide all others" : ""}`, reasons, {
      last: last.keep, accept: alone ? "Keep these, hide all others" : "Keep visible", before: el("div", { class: "proofs" }, proofs),
      note: "Left: sharpest picture. Right: poorest picture. Is it the same person in all of them?",
    });
    if (!found) return;
    last.keep = found.reason;
    await onward(decide(act, { tracks: tracks.map((track) => track.number), ...found }, `${named(tracks)}: kept visible${alone ? ", all others hidden" : ""}`));
  }

  const acts = {
    playPause() { if (store.playing) acts.pause(); else stage.play(); },
    pause() { stage.pause(); },
    slower() { store.set({ rate: RATES[Math.max(0, RATES.indexOf(store.rate) - 1)] }); },
    faster() { if (store.playing) store.set({ rate: RATES[Math.min(RATES.length - 1, RATES.indexOf(store.rate) + 1)] }); else stage.play(); },
    back: () => step(-1),
    forward: () => step(1),
    backSecond: () => jump(-1),
    forwardSecond: () => jump(1),
    backTen: () => jump(-10),
    forwardTen: () => jump(10),
    previousKeyframe: () => keyframe(-1),
    nextKeyframe: () => keyframe(1),
    trackStart() { const [track] = chosen(); acts.pause(); store.goTo(track ? track.first : clock.first); },
    trackEnd() { const [track] = chosen(); acts.pause(); store.goTo(track ? track.last : clock.end); },
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
    nextJob: () => otherJob(1),
    previousJob: () => otherJob(-1),
    queue() { if (jobs.length > 1) leave(null); else say("This is the only job that was opened.", { remedy: "`bodycam review open FOLDER` opens a backlog." }); },
    clear() { stage.cancelDrawing?.(); store.set({ selected: new Set(), mark: { first: null, end: null } }); },
    views() { const at = VIEWS.findIndex((view) => view.name === store.view); store.set({ view: VIEWS[(at + 1) % VIEWS.length].name }); },
    peek() { store.set({ peek: true }); },
    peekEnd() { store.set({ peek: false }); },
    fit() { timeline.fit(); },
    zoomIn() { timeline.zoom(0.6); },
    zoomOut() { timeline.zoom(1.6); },
    sound() {
      store.set({ sound: !store.sound });
      if (store.sound && !store.facts.sound_released) say("The release has no sound under this policy.", { remedy: "The views of the original play what was recorded." });
    },
    grey() { document.body.classList.toggle("grey"); },
    blur() { document.body.classList.toggle("veiled"); },
    openTracks(tracks) {
      store.finding = null;
      store.select(...tracks.map((track) => track.number));
      if (!tracks.some((track) => store.pts >= track.first && store.pts <= track.last)) { acts.pause(); store.goTo(tracks[0].first); }
    },
    openFinding(finding) { acts.pause(); store.finding = finding; store.select(); store.goTo(finding.pts); },

    confirm(numbers) {
      if (!numbers && pointed()) { acts.hideFinding(pointed()); return; }
      const tracks = wanted(numbers); if (tracks) onward(decide("confirm", { tracks: tracks.map((track) => track.number) }));
    },
    keep(numbers) { if (!numbers && pointed()) acts.dismiss(pointed()); else keep(numbers); },
    allBut: () => keep(null, "only"),
    reset(numbers) { const tracks = wanted(numbers); if (tracks) decide("reset", { tracks: tracks.map((track) => track.number) }); },
    remove() {
      if (pointed()) { acts.dismiss(pointed()); return; }
      const tracks = wanted();
      if (!tracks) return;
      if (tracks.some((track) => track.state !== "drawn")) { say("Only what a person drew can be removed.", { remedy: "Keep a track visible instead (V), or trim it ([ and ])." }); return; }
      decide("reset", { tracks: tracks.map((track) => track.number) }, `${named(tracks)}: removed; Ctrl+Z brings it back`);
    },
    async change() {
      const tracks = wanted();
      if (!tracks) return;
      const found = await askReason(`Change ${named(tracks)}`, store.facts.reasons, { kinds: store.facts.kinds, kind: tracks[0].kind, last: tracks[0].reason });
      if (found) decide("change", { tracks: tracks.map((track) => track.number), ...found }, `${named(tracks)}: changed`);
    },
    split() {
      const tracks = wanted();
      if (tracks) decide("split", { tracks: [tracks[0].number], at: store.pts }, `${nameOf(tracks[0])}: split here`);
    },
    async group() {
      const tracks = wanted();
      if (!tracks) return;
      if (tracks.length > 1) { decide("join", { tracks: tracks.map((track) => track.number) }, `${named(tracks)}: one thing from now on`); return; }
      const others = store.facts.tracks.filter((track) => track.kind === tracks[0].kind && track.number !== tracks[0].number);
      if (!others.length) { say("There is nothing to group it with."); return; }
      const found = await ask({ title: `Group ${nameOf(tracks[0])} with…`, accept: "Group", body: el("div", { class: "proofs choose" }, others.map((track, n) =>
        el("label", {}, el("input", { type: "radio", name: "other", value: String(track.number), checked: n === 0, autofocus: n === 0 }),
          thumb(`${store.job}/tracks/${track.number}/best.jpg?${track.first}-${track.last}`, "", { className: "proof", eager: true }), nameOf(track)))) });
      if (found) decide("join", { tracks: [tracks[0].number, Number(found.other)] }, "Grouped: one thing from now on");
    },
    async ungroup() {
      const tracks = wanted(), proposed = store.proposed();
      if (proposed) { store.keepApart(proposed); say("Taken apart: decide each by itself."); return; }
      if (!tracks) return;
      const before = new Set(store.facts.proposals.map(String));
      if (!await decide("ungroup", { tracks: tracks.map((track) => track.number) }, "Taken apart")) return;
      store.facts.proposals.filter((numbers) => !before.has(String(numbers))).forEach((numbers) => store.keepApart(numbers));
    },
    trimStart: () => trim({ from: store.pts }),
    trimEnd: () => trim({ to: clock.endOf(store.number) }),
    async draw() {
      acts.pause();
      const [track] = chosen(), correct = track?.state === "drawn" ? track : null;
      const box = await drawBox(stage, store, correct);
      if (!box) return;
      if (correct) { decide("keyframe", { track: correct.number, pts: store.pts, box }, "Corrected here: followed anew on both sides"); return; }
      const found = await askReason("Hide this box", store.facts.reasons, {
        kinds: store.facts.kinds, kind: store.facts.kinds.some((each) => each.kind === "screen") ? "screen" : "", last: "", optional: true, accept: "Hide",
        after: el("fieldset", { class: "field" }, el("legend", {}, "Where it is"),
          [["follow", "Follow it both ways"], ["whole", "In the same place through the whole recording"]].map(([value, label], n) =>
            el("label", { class: "choice" }, el("input", { type: "radio", name: "how", value, checked: n === 0 }), label))),
        note: "An empty reason takes the policy's for that kind.",
      });
      if (!found) return;
      const { how, ...rest } = found;
      stage.classList.add("busy");
      await decide("draw", { keyframes: [{ pts: store.pts, box }], [how]: true, ...rest }, how === "follow" ? "Drawn, and followed both ways" : "Drawn");
      stage.classList.remove("busy");
      store.select(Math.max(...store.facts.tracks.filter((each) => each.state === "drawn").map((each) => each.number), 0));
    },
    markIn() { store.set({ mark: { ...store.mark, first: store.pts } }); },
    markOut() { store.set({ mark: { ...store.mark, end: clock.endOf(store.number) } }); },
    mute: () => span("mute", "Mute"),
    withhold: () => span("withhold", "Withhold", [{ kind: "" }, ...store.facts.kinds]),
    async comment(numbers) {
      const tracks = numbers ? store.facts.tracks.filter((track) => numbers.includes(track.number)) : chosen();
      if (!tracks.length || tracks.some((track) => track.state === "undecided")) { remark(tracks[0]); return; }
      const text = await askComment(`Comment on ${named(tracks)}`, tracks[0].comment);
      if (text !== null) decide("comment", { tracks: tracks.map((track) => track.number), comment: text }, "Comment kept");
    },
    async commentSpan(each) {
      const text = await askComment(`Comment on ${spanName(each).toLowerCase()} ${clock.format(each.first)} – ${clock.format(each.end)}`, each.comment);
      if (text !== null) decide("comment", { table: each.what, place: each.place, comment: text }, "Comment kept");
    },
    removeSpan(each) { decide("remove", { table: each.what, place: each.place }, "Taken back; Ctrl+Z brings it again"); },
    async dismiss(finding) {
      const found = await askReason("Nothing to hide here", ["a poster", "a pattern", "a screen without a person", "a statue"], { accept: "Dismiss" });
      if (found) await onward(decide("dismiss", { from: finding.first, to: clock.endOf(clock.at(finding.last)), box: finding.box, ...found }, "Dismissed"));
    },
    async hideFinding(finding) {
      const found = await askReason("Hide what the second look saw", store.facts.reasons, { kinds: store.facts.kinds, kind: finding.kind, last: "", optional: true, accept: "Hide", note: "It is followed both ways. An empty reason takes the policy's." });
      if (found) await onward(decide("draw", { keyframes: [{ pts: finding.pts, box: finding.box }], follow: true, ...found }, "Hidden, and followed both ways"));
    },
    undo() { decide("undo", {}, "Undone"); },
    redo() { decide("redo", {}, "Done again"); },

    async reload() { taken(await get(store.job)); },
    finishLabel() {
      const { facts } = store;
      if (store.progress?.running) return `${store.progress.phase || "rendering"}…`;
      if (!facts.rendered) return "Render";
      if (facts.refused) return { draft: "Not yours to submit", "in review": "Ask for changes" }[facts.state];
      return { draft: "Submit", "in review": "Approve" }[facts.state] || "Approved";
    },
    async submit() {
      const { facts } = store, open = store.undecided().length;
      if (store.progress?.running) return;
      if (!facts.rendered) {
        if (await ask({ title: "Render and verify", body: el("p", {}, undecidedWords(open)), accept: "Render" })) await render();
      } else if (facts.refused) {
        say(`${facts.refused.what}.`, { error: true, remedy: facts.refused.remedy });
        if (facts.state === "in review") await acts.askChanges();
      } else if (facts.state === "draft") {
        const found = await ask({ title: "Submit for approval", accept: "Submit", body: el("div", { class: "fields" },
          el("p", {}, store.watchedWords()), el("p", {}, undecidedWords(open)), el("label", { class: "field" }, "Comment", el("input", { name: "why", autocomplete: "off", autofocus: true }))) });
        if (found) await take("submit", found.why, "Submitted");
      } else if (facts.state === "in review") {
        const found = await ask({ title: "Approve?", accept: "Approve", cancel: "Not yet", body: el("div", { class: "fields" },
          el("p", {}, `${store.watchedWords()} Submitted work is approved by another person, unless the policy says otherwise.`),
          el("label", { class: "field" }, "Comment", el("input", { name: "why", autocomplete: "off", autofocus: true })),
          el("button", { type: "button", class: "plain", onclick: (event) => { event.target.closest("dialog").close(); acts.askChanges(); } }, "Ask for changes instead…")) });
        if (found) await take("approve", found.why, "Approved");
      } else say("It is approved. `bodycam package` makes what is handed out.");
    },
    async askChanges() {
      const open = store.facts.remarks.filter((each) => each.open), [track] = chosen();
      const found = await ask({ title: "Ask for changes", accept: "Send back", note: `It names this place: ${placeOf(track)}.${open.length ? ` With it go ${open.length} comments that you made (C).` : " Comments at other places are made before, with C."}`,
        body: el("label", { class: "field" }, "What has to change", el("textarea", { name: "why", required: true, autofocus: true, rows: 3 })) });
      if (found) await take("reject", found.why, "Sent back", { pts: store.pts, box: boxOf(track) });
    },
  };

  // The boxes of the frame before are still there until the next still has come.
  const boxOf = (track) => (track && stage.last?.pts === store.pts && stage.last.boxes.find((box) => box.track === track.number)?.box) || null;
  const placeOf = (track) => `${clock.format(store.pts)}${track && boxOf(track) ? `, ${nameOf(track)}` : ""}`;

  /** A comment at the playhead, and on what is chosen there: it goes into the history at once. */
  async function remark(track) {
    acts.pause();
    const text = await askComment(`Comment at ${placeOf(track)}`, "");
    if (!text) return;
    try {
      taken(await post(`${store.job}/remarks`, { pts: store.pts, box: boxOf(track), text }));
      say("Comment kept, at its time and place");
    } catch (error) { fail(error); }
  }

  async function take(what, why, done, place = {}) {
    try {
      if (what !== "reject") await tellWatched();
      taken(await post(`${store.job}/steps`, { step: what, why, ...place }));
      say(done);
    } catch (error) { fail(error); }
  }

  /** Put on record what was watched since it was last told; a page that is left has no time to wait for the answer. */
  async function tellWatched({ keepalive = false } = {}) {
    const parts = store.watchedParts().slice(-MOST_PARTS), now = JSON.stringify(parts);
    if (!parts.length || now === told) return;
    told = now;
    await post(`${store.job}/watched`, { parts }, { keepalive }).catch((refused) => { told = ""; throw refused; });
  }

  async function otherJob(by) {
    try {
      const next = await nextWaiting(number, by);
      if (next === null) say("No other job waits for a person.", { remedy: jobs.length > 1 ? "Q shows the queue." : "" });
      else await leave(next);
    } catch (error) { fail(error); }
  }

  /** Open another job, or the queue, once what was done here is on record. */
  async function leave(next) {
    try {
      await deciding;
      await tellWatched();
      openAnew(next);
    } catch (error) { fail(error); }
  }

  async function render() {
    try {
      await deciding;
      store.set({ progress: await post(`${store.job}/render`) });
      while (store.progress?.running) {
        await new Promise((later) => setTimeout(later, EVERY_MS));
        store.set({ progress: await get(`${store.job}/progress`, { background: true }) });
      }
      await acts.reload();
      const error = store.progress?.error;
      if (error) say(error.what, { error: true, remedy: error.error === "needs-review" ? "Decide each finding (N), then render again." : error.remedy });
      else { store.forgetWatched(); say("Rendered and verified: every frame was decoded again. Watch it once, then submit."); }
    } catch (error) { fail(error); }
  }

  function trim(facts) {
    const tracks = wanted();
    if (tracks) decide("trim", { tracks: [tracks[0].number], reason: "trimmed by hand", ...facts }, `${nameOf(tracks[0])}: trimmed`);
  }

  function keyframe(by) {
    const [track] = chosen(), frames = track?.keyframes || [];
    const next = by > 0 ? frames.find((pts) => pts > store.pts) : frames.filter((pts) => pts < store.pts).pop();
    if (next !== undefined) { acts.pause(); store.goTo(next); }
  }

  function neighbour(by) {
    const { tracks } = store.facts;
    if (!tracks.length) return;
    const at = tracks.findIndex((track) => store.selected.has(track.number));
    acts.openTracks([tracks[at < 0 ? (by > 0 ? 0 : tracks.length - 1) : Math.max(0, Math.min(tracks.length - 1, at + by))]]);
  }

  /** Go to what waits: the next one after what is chosen, or after the playhead's place in the list. */
  function undecided(by, again = false) {
    const waiting = store.undecided();
    if (!waiting.length) { say("Everything is decided."); return; }
    const at = waiting.findIndex(({ tracks, finding }) => (tracks ? tracks.some((track) => store.selected.has(track.number)) : finding.number === store.finding?.number));
    const next = waiting[at < 0 ? (by > 0 ? 0 : waiting.length - 1) : again ? at : (at + by + waiting.length) % waiting.length];
    acts.pause();
    if (next.tracks) acts.openTracks(next.tracks); else acts.openFinding(next.finding);
  }

  return acts;
}
