// The list at the side: what needs a decision first, one card per finding and track, only those drawn that are seen.

import { caps, el, fill } from "./dom.js";
import { STATES, nameOf } from "./store.js";
import { forgetGone, thumb } from "./thumbs.js";

const HIGH = 112;
const BEYOND = 3;
const DOUBTS = {
  weak: "seen weakly", short: "seen briefly", guessed: "mostly guessed",
};

export class Cards extends HTMLElement {
  connect(store, act) {
    this.store = store;
    this.act = act;
    this.only = "undecided";
    this.tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "Which tracks are listed" });
    this.space = el("div", { class: "cards-space" });
    this.list = el("div", { class: "cards-list", tabIndex: 0, role: "group", "aria-label": "Findings and tracks" }, this.space);
    this.append(this.tabs, this.list);
    this.list.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.list);
    store.on(["facts"], () => this.layout());
    store.on(["selected"], () => { this.#reveal(); this.draw(); });
    this.layout();
  }

  layout() {
    const { facts } = this.store, undecided = this.store.undecided();
    const findings = facts.findings.map((finding) => ({ finding }));
    const tracks = facts.tracks.map((track) => ({ track }));
    const decided = [...findings.filter(({ finding }) => finding.state === "decided"), ...tracks.filter(({ track }) => track.state !== "undecided")];
    const lists = { undecided, decided, all: [...findings, ...tracks] };
    this.items = lists[this.only];
    const tab = (name, label) => el("button", {
      role: "tab", "aria-selected": String(this.only === name), class: "tab",
      onclick: () => { this.only = name; this.list.scrollTop = 0; this.layout(); },
    }, `${label} `, el("span", { class: "count" }, String(lists[name].length)));
    fill(this.tabs, tab("undecided", "To decide"), tab("decided", "Decided"), tab("all", "All"));
    this.space.style.height = `${this.items.length * HIGH + 8}px`;
    this.drawn = "";
    this.draw();
  }

  draw() {
    if (!this.items) return;
    const first = Math.max(0, Math.floor(this.list.scrollTop / HIGH) - BEYOND);
    const end = Math.min(this.items.length, Math.ceil((this.list.scrollTop + this.list.clientHeight) / HIGH) + BEYOND);
    const drawn = `${first}-${end}-${[...this.store.selected].join()}-${this.store.facts.revision}-${this.only}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const focused = this.space.contains(document.activeElement) ? document.activeElement.dataset.item : null;
    const empty = this.only === "undecided" ? "Everything is decided. Watch it once, then render." : "Nothing yet.";
    fill(this.space, this.items.length ? this.items.slice(first, end).map((item, n) => this.#card(item, first + n)) : el("p", { class: "empty" }, empty));
    forgetGone();
    if (focused) this.space.querySelector(`[data-item="${focused}"]`)?.focus();
  }

  #reveal() {
    const at = this.items?.findIndex((item) => item.track && this.store.selected.has(item.track.number));
    if (at === undefined || at < 0) return;
    const top = at * HIGH, { scrollTop, clientHeight } = this.list;
    if (top < scrollTop || top + HIGH > scrollTop + clientHeight) this.list.scrollTop = Math.max(0, top - HIGH / 2);
  }

  #card(item, place) {
    const card = item.finding ? this.#finding(item.finding) : this.#track(item.track);
    card.style.top = `${place * HIGH + 4}px`;
    return card;
  }

  #finding(finding) {
    const { clock } = this.store, decided = finding.state === "decided";
    return el("article", { class: `card finding ${decided ? "decided" : ""}` },
      thumb(`${this.store.job}/findings/${finding.number}.jpg`, `What the second look saw at ${finding.at}`),
      el("button", { class: "card-main", "data-item": `f${finding.number}`, onclick: () => this.act.openFinding(finding) },
        el("span", { class: "card-title" }, el("span", { class: "mark finding-mark", "aria-hidden": "true" }, "⚑"), `Second look: ${finding.kind}`),
        el("span", { class: "card-facts" }, `${clock.format(finding.first)} – ${clock.format(finding.last)}`),
        el("span", { class: "card-facts" }, decided ? "decided" : "not explained by what is hidden")),
      decided ? null : el("div", { class: "card-acts" },
        el("button", { class: "act", onclick: () => this.act.hideFinding(finding) }, "Hide it"),
        el("button", { class: "act", onclick: () => this.act.dismiss(finding) }, "Nothing there")));
  }

  #track(track) {
    const { store } = this, style = STATES[track.state], selected = store.selected.has(track.number);
    const picture = (which, label) => thumb(`${store.job}/tracks/${track.number}/${which}.jpg?${track.first}-${track.last}`, `${nameOf(track)}, ${label}`, { title: label });
    const doubts = track.state === "undecided" ? track.doubts.map((doubt) => el("span", { class: "chip" }, DOUBTS[doubt])) : [];
    return el("article", { class: `card ${track.state} ${selected ? "selected" : ""}` },
      picture("best", "sharpest picture"), picture("worst", "poorest picture"),
      el("button", { class: "card-main", "data-item": `t${track.number}`, "aria-pressed": String(selected), onclick: (event) => this.#select(track, event) },
        el("span", { class: "card-title" }, el("span", { class: "mark", "aria-hidden": "true" }, style.mark), nameOf(track)),
        el("span", { class: "card-facts" }, `${store.clock.format(track.first)} – ${store.clock.format(track.last)}`),
        el("span", { class: "card-facts" }, doubts.length ? doubts : track.state === "undecided" ? `${track.frames} frames` : `${style.label}${track.by ? ` by ${track.by}` : ""}`)),
      el("div", { class: "card-acts" },
        track.state === "undecided" ? [
          el("button", { class: "act", title: "Hidden is right", onclick: () => this.act.confirm([track.number]) }, "Hidden is right ", caps("A")),
          el("button", { class: "act", title: "Keep it visible", onclick: () => this.act.keep([track.number]) }, "Keep ", caps("V")),
        ] : el("button", { class: "act", title: "Back to undecided", onclick: () => this.act.reset([track.number]) }, "Reset ", caps("R"))));
  }

  #select(track, event) {
    const { store } = this;
    if (event.ctrlKey || event.shiftKey) {
      const selected = new Set(store.selected);
      if (selected.has(track.number)) selected.delete(track.number); else selected.add(track.number);
      store.set({ selected });
    } else {
      this.act.openTrack(track);
    }
  }
}
customElements.define("review-cards", Cards);
