// The list at the side: what needs a decision first, one card per finding, person and span, only those drawn that are seen.

import { caps, el, fill } from "./dom.js";
import { STATES, nameOf, spanName } from "./store.js";
import { forgetGone, thumb } from "./thumbs.js";

const BEYOND = 300;
const MOST_PICTURES = 5;
const DOUBTS = {
  weak: "seen weakly", short: "seen briefly", guessed: "mostly guessed",
};
const SPACE = 6;
const HIGH = { group: 144, tracks: 106, finding: 106, span: 74, remark: 74 };

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
    const open = facts.remarks.filter((remark) => remark.open).map((remark) => ({ remark }));
    const remarks = facts.remarks.map((remark) => ({ remark }));
    const findings = facts.findings.map((finding) => ({ finding })), spans = facts.spans.map((span) => ({ span }));
    const tracks = facts.tracks.map((track) => ({ tracks: [track] }));
    const decided = [...findings.filter(({ finding }) => finding.state === "decided"), ...spans, ...tracks.filter((item) => item.tracks[0].state !== "undecided")];
    const lists = { undecided: [...open, ...undecided], decided, all: [...remarks, ...findings, ...spans, ...tracks] };
    const counts = { undecided: undecided.length, decided: decided.length, all: lists.all.length };
    this.items = lists[this.only];
    this.tops = [SPACE];
    for (const item of this.items) this.tops.push(this.tops[this.tops.length - 1] + HIGH[kindOf(item)] + SPACE);
    const tab = (name, label) => el("button", {
      role: "tab", "aria-selected": String(this.only === name), class: "tab",
      onclick: () => { this.only = name; this.list.scrollTop = 0; this.layout(); },
    }, `${label} `, el("span", { class: "count" }, String(counts[name])));
    fill(this.tabs, tab("undecided", "To decide"), tab("decided", "Decided"), tab("all", "All"));
    this.space.style.height = `${this.tops[this.items.length] + 2}px`;
    this.drawn = "";
    this.draw();
  }

  draw() {
    if (!this.items) return;
    const { scrollTop, clientHeight } = this.list;
    const first = Math.max(0, this.tops.findIndex((top) => top > scrollTop - BEYOND) - 1);
    const after = this.tops.findIndex((top) => top > scrollTop + clientHeight + BEYOND);
    const end = after < 0 ? this.items.length : Math.min(this.items.length, after);
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
    const at = this.items?.findIndex((item) => item.tracks?.some((track) => this.store.selected.has(track.number)));
    if (at === undefined || at < 0) return;
    const [top, bottom] = [this.tops[at], this.tops[at + 1]], { scrollTop, clientHeight } = this.list;
    if (top < scrollTop || bottom > scrollTop + clientHeight) this.list.scrollTop = Math.max(0, top - HIGH.tracks / 2);
  }

  #card(item, place) {
    const make = { finding: () => this.#finding(item.finding), group: () => this.#group(item.tracks), tracks: () => this.#track(item.tracks?.[0]), span: () => this.#span(item.span), remark: () => this.#remark(item.remark) };
    const kind = kindOf(item), card = make[kind]();
    card.style.top = `${this.tops[place]}px`;
    card.style.height = `${HIGH[kind]}px`;
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

  /** Several tracks that may be one person: a proposal, which a person takes or not. */
  #group(tracks) {
    const { store } = this, numbers = tracks.map((track) => track.number), selected = numbers.every((number) => store.selected.has(number));
    const shown = tracks.slice(0, MOST_PICTURES), [first, last] = [Math.min(...tracks.map((track) => track.first)), Math.max(...tracks.map((track) => track.last))];
    const kind = tracks[0].kind.replaceAll("-", " ");
    return el("article", { class: `card group undecided ${selected ? "selected" : ""}` },
      el("div", { class: "strip" }, shown.map((track) => this.#picture(track, "best", "sharpest picture")), tracks.length > shown.length ? el("span", { class: "more-pictures" }, `+${tracks.length - shown.length}`) : null),
      el("button", { class: "card-main", "data-item": `g${numbers.join()}`, "aria-pressed": String(selected), onclick: () => this.act.openTracks(tracks) },
        el("span", { class: "card-title" }, el("span", { class: "mark", "aria-hidden": "true" }, "?"), `One ${kind}? ${numbers.slice(0, 6).join(", ")}${numbers.length > 6 ? " …" : ""}`),
        el("span", { class: "card-facts" }, `${store.clock.format(first)} – ${store.clock.format(last)}`)),
      el("div", { class: "card-acts" },
        this.#button("Group", "G", "They are one: decide about them together", () => { store.select(...numbers); this.act.group(); }),
        this.#button("Apart", "⇧+U", "They are not one: show each by itself (Shift+U)", () => { store.select(...numbers); this.act.ungroup(); }),
        this.#button("Hidden is right", "A", "Hidden is right for all of them", () => this.act.confirm(numbers)),
        this.#button("Keep", "V", "Keep all of them visible", () => this.act.keep(numbers))));
  }

  #track(track) {
    const { store } = this, style = STATES[track.state], selected = store.selected.has(track.number);
    const doubts = track.state === "undecided" ? track.doubts.map((doubt) => el("span", { class: "chip" }, DOUBTS[doubt])) : [];
    const said = track.comment ? `“${track.comment}”` : `${style.label}${track.by ? ` by ${track.by}` : ""}`;
    return el("article", { class: `card ${track.state} ${selected ? "selected" : ""}` },
      this.#picture(track, "best", "sharpest picture"), this.#picture(track, "worst", "poorest picture"),
      el("button", { class: "card-main", "data-item": `t${track.number}`, title: track.comment || "", "aria-pressed": String(selected), onclick: (event) => this.#select(track, event) },
        el("span", { class: "card-title" }, el("span", { class: "mark", "aria-hidden": "true" }, style.mark), nameOf(track)),
        el("span", { class: "card-facts" }, `${store.clock.format(track.first)} – ${store.clock.format(track.last)}`),
        el("span", { class: "card-facts" }, doubts.length ? doubts : track.state === "undecided" ? `${track.frames} frames` : said)),
      el("div", { class: "card-acts" },
        track.state === "undecided" ? [
          this.#button("Hidden is right", "A", "Hidden is right", () => this.act.confirm([track.number])),
          this.#button("Keep", "V", "Keep it visible", () => this.act.keep([track.number])),
        ] : [
          this.#button("Comment", "C", "Comment on what was decided", () => this.act.comment([track.number])),
          this.#button("Reset", "R", "Back to undecided", () => this.act.reset([track.number])),
        ]));
  }

  #span(span) {
    const { store } = this;
    return el("article", { class: `card span ${span.what}` },
      el("button", { class: "card-main", "data-item": `s${span.what}${span.place}`, title: span.comment || span.reason, onclick: () => { this.act.pause(); store.goTo(span.first); } },
        el("span", { class: "card-title" }, `${spanName(span)} ${store.clock.format(span.first)} – ${store.clock.format(span.end)}`),
        el("span", { class: "card-facts" }, span.comment ? `“${span.comment}”` : `${span.reason}${span.by ? `, by ${span.by}` : ""}`)),
      el("div", { class: "card-acts" },
        el("button", { class: "act", onclick: () => this.act.commentSpan(span) }, "Comment"),
        el("button", { class: "act", onclick: () => this.act.removeSpan(span) }, "Take back")));
  }

  #remark(remark) {
    const { store } = this;
    return el("article", { class: `card remark ${remark.open ? "open" : ""}` },
      el("button", { class: "card-main", "data-item": `r${remark.number}`, title: remark.text, onclick: () => { this.act.pause(); store.goTo(remark.pts); } },
        el("span", { class: "card-title" }, el("span", { class: "mark", "aria-hidden": "true" }, "¶"), remark.what === "rejected" ? `Sent back by ${remark.by}` : `Comment by ${remark.by}`),
        el("span", { class: "remark-text" }, remark.text),
        el("span", { class: "card-facts" }, `at ${store.clock.format(remark.pts)}${remark.open ? "" : ", before it was submitted again"}`)));
  }

  #picture(track, which, label) {
    return thumb(`${this.store.job}/tracks/${track.number}/${which}.jpg?${track.first}-${track.last}`, `${nameOf(track)}, ${label}`, { title: label });
  }

  #button(label, key, title, act) {
    return el("button", { class: "act", title, onclick: act }, `${label} `, caps(key));
  }

  #select(track, event) {
    const { store } = this;
    if (event.ctrlKey || event.shiftKey) {
      const selected = new Set(store.selected);
      if (selected.has(track.number)) selected.delete(track.number); else selected.add(track.number);
      store.set({ selected });
    } else {
      this.act.openTracks([track]);
    }
  }
}
customElements.define("review-cards", Cards);

function kindOf(item) {
  if (item.tracks) return item.tracks.length > 1 ? "group" : "tracks";
  return ["finding", "span", "remark"].find((kind) => item[kind]);
}
