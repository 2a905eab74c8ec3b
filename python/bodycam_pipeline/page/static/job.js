// One job: the bar, the picture, the list of what to decide, and the timeline, wired to one store and one set of acts.

import { bytes, get } from "./api.js";
import { Boxes } from "./boxes.js";
import { Clock } from "./clock.js";
import { caps, el, fill } from "./dom.js";
import { Keys } from "./keys.js";
import { Store, VIEWS } from "./store.js";
import { RATES, makeActs } from "./acts.js";
import "./cards.js";
import "./stage.js";
import "./timeline.js";

/** Open one job in place of whatever is shown. */
export async function openJob(person, jobs, number) {
  const store = new Store(person), path = `/api/jobs/${number}`;
  const [facts, shown] = await Promise.all([get(path), bytes(`${path}/frames`)]);
  store.job = path;
  store.facts = facts;
  store.clock = new Clock(new Float64Array(shown), facts);
  store.boxes = new Boxes(path, store.clock);
  document.title = `Review: ${facts.name}`;

  const stage = el("review-stage", { tabIndex: -1 }), cards = el("review-cards"), timeline = el("review-timeline");
  const acts = makeActs(store, { stage, timeline, jobs, number });
  const keys = new Keys(acts);
  acts.help = () => keys.card();
  fill(document.body,
    bar(store, acts, jobs.length > 1),
    el("main", { class: "desk" },
      el("section", { class: "viewer", "aria-label": "Picture" }, stage, transport(store, acts)),
      el("aside", { class: "side", "aria-label": "Decisions" }, cards)),
    el("section", { class: "times", "aria-label": "Timeline" }, timeline),
    el("div", { class: "toasts", role: "status", "aria-live": "polite" }));
  timeline.connect(store, acts);
  cards.connect(store, acts);
  await stage.connect(store);
  get(`${path}/proposals`, { background: true }).then((proposals) => store.set({ facts: { ...store.facts, proposals } }), () => {});
  window.review = { store, acts, stage }; // for tests and for whoever looks closely; the server trusts none of it
}

function bar(store, acts, backlog) {
  const state = el("span", { class: "state" }), doubt = el("button", { class: "next", title: "Go to the next that needs you", onclick: () => acts.nextUndecided() });
  const finish = el("button", { class: "primary", onclick: () => acts.submit() });
  const undo = el("button", { class: "plain", title: "Undo (Ctrl+Z)", "aria-label": "Undo", onclick: () => acts.undo() }, "↶");
  const redo = el("button", { class: "plain", title: "Redo (Ctrl+Y)", "aria-label": "Redo", onclick: () => acts.redo() }, "↷");
  const views = el("div", { class: "views", role: "radiogroup", "aria-label": "View" });
  const draw = () => {
    const { facts } = store, many = store.undecided().length;
    const { progress } = store, standing = facts.sent_back_by ? "needs changes" : facts.state;
    state.textContent = progress?.running ? `${progress.phase || "rendering"} ${progress.frames ? Math.round((100 * progress.done) / progress.frames) : 0} %` : facts.rendered || facts.state === "not rendered" ? standing : `${standing}, changed since`;
    fill(doubt, many ? [el("span", { class: "undecided-count" }, `? ${many}`), " to decide ", caps("N")] : "Everything is decided");
    doubt.disabled = !many;
    [undo.disabled, redo.disabled] = [!facts.undo, !facts.redo];
    fill(finish, acts.finishLabel());
    finish.title = facts.refused && facts.rendered ? `${facts.refused.what}. ${facts.refused.remedy}` : "Ctrl+Enter";
    finish.disabled = Boolean(store.progress?.running) || ["approved", "released"].includes(facts.state) && facts.rendered;
    fill(views, VIEWS.map((view) => el("button", {
      role: "radio", "aria-checked": String(store.view === view.name), class: "view", onclick: () => store.set({ view: view.name }),
    }, view.label)));
  };
  store.on(["facts", "view", "progress"], draw);
  draw();
  return el("header", { class: "bar" },
    backlog ? el("button", { class: "plain", title: "The queue (Q)", onclick: () => acts.queue() }, "☰ Queue") : null,
    el("h1", {}, store.facts.name), el("span", { class: "recording", title: "The recording" }, store.facts.recording), state, doubt,
    el("span", { class: "spacer" }), views, el("span", { class: "spacer" }),
    undo, redo, finish,
    el("button", { class: "plain", title: "Keys", "aria-label": "Keys", onclick: () => acts.help() }, "?"),
    el("span", { class: "person", title: "You decide under this name" }, store.person));
}

function transport(store, acts) {
  const time = el("button", { class: "time", title: "Go to a time", onclick: () => acts.goTo() });
  const play = el("button", { class: "play", "aria-label": "Play", onclick: () => acts.playPause() });
  const rate = el("button", { class: "plain rate", title: "Speed", onclick: () => store.set({ rate: RATES[(RATES.indexOf(store.rate) + 1) % RATES.length] }) });
  const sound = store.facts.sound ? el("button", { class: "plain rate", onclick: () => acts.sound() }) : null;
  const where = el("span", { class: "where" });
  const draw = () => {
    const { clock, number, pts } = store;
    time.textContent = clock.format(pts);
    where.textContent = `frame ${number + 1} of ${clock.frames} · pts ${pts}`;
    play.textContent = store.playing ? "❚❚" : "►";
    play.setAttribute("aria-label", store.playing ? "Pause" : "Play");
    rate.textContent = `${store.rate}×`;
    if (!sound) return;
    sound.textContent = store.sound ? "Sound on" : "Sound off";
    sound.title = "Sound on, off (Shift+M)";
    sound.setAttribute("aria-pressed", String(store.sound));
  };
  store.on(["number", "playing", "rate", "sound"], draw);
  draw();
  const step = (label, text, act) => el("button", { class: "plain", "aria-label": label, title: label, onclick: act }, text);
  return el("div", { class: "transport" },
    step("One second back", "«", () => acts.backSecond()), step("One frame back", "‹", () => acts.back()), play,
    step("One frame on", "›", () => acts.forward()), step("One second on", "»", () => acts.forwardSecond()), rate, sound, time, where,
    el("span", { class: "spacer" }),
    el("button", { class: "tool", onclick: () => acts.draw() }, "Box ", caps("B")),
    el("button", { class: "tool", onclick: () => acts.withhold() }, "Withhold ", caps("W")),
    store.facts.sound ? el("button", { class: "tool", onclick: () => acts.mute() }, "Mute ", caps("M")) : null);
}

