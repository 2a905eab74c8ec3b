// The keys: what people have in their fingers, all of them remappable, inert where somebody types.

import { caps, el } from "./dom.js";
import { ask } from "./dialogs.js";

/** name of the act: [what it does, keys, group] */
export const ACTS = {
  playPause: ["Play, pause", ["Space", "K"], "Move"],
  slower: ["Slower", ["J"], "Move"],
  faster: ["Faster", ["L"], "Move"],
  back: ["One frame back", ["ArrowLeft", ","], "Move"],
  forward: ["One frame on", ["ArrowRight", "."], "Move"],
  backSecond: ["One second back", ["Shift+ArrowLeft"], "Move"],
  forwardSecond: ["One second on", ["Shift+ArrowRight"], "Move"],
  backTen: ["Ten seconds back", ["Ctrl+Shift+ArrowLeft"], "Move"],
  forwardTen: ["Ten seconds on", ["Ctrl+Shift+ArrowRight"], "Move"],
  previousKeyframe: ["Previous keyframe of what was drawn", ["Alt+ArrowLeft"], "Move"],
  nextKeyframe: ["Next keyframe", ["Alt+ArrowRight"], "Move"],
  trackStart: ["Start of the track", ["Home"], "Move"],
  trackEnd: ["End of the track", ["End"], "Move"],
  goTo: ["Go to a time (1:23.456, +2, #100)", ["T"], "Move"],
  previousTrack: ["Previous track", ["ArrowUp"], "Choose"],
  nextTrack: ["Next track", ["ArrowDown"], "Choose"],
  nextUndecided: ["Next that needs you", ["N"], "Choose"],
  previousUndecided: ["Previous that needs you", ["Shift+N"], "Choose"],
  clear: ["Nothing chosen", ["Escape"], "Choose"],
  nextJob: ["Next job that waits", ["Shift+ArrowDown"], "Choose"],
  previousJob: ["Previous job that waits", ["Shift+ArrowUp"], "Choose"],
  queue: ["The queue", ["Q"], "Choose"],
  confirm: ["Hidden is right", ["A"], "Decide"],
  keep: ["Keep visible", ["V"], "Decide"],
  allBut: ["All but this person", ["Shift+A"], "Decide"],
  reset: ["Back to undecided", ["R"], "Decide"],
  draw: ["Draw a box", ["B"], "Decide"],
  change: ["Change kind or reason", ["E"], "Decide"],
  split: ["Split here", ["S"], "Decide"],
  group: ["Group (takes a proposal)", ["G"], "Decide"],
  ungroup: ["Take a group apart", ["Shift+U"], "Decide"],
  trimStart: ["Trim: begins here", ["["], "Decide"],
  trimEnd: ["Trim: ends here", ["]"], "Decide"],
  remove: ["Remove what was drawn", ["Delete"], "Decide"],
  markIn: ["Mark in", ["I"], "Decide"],
  markOut: ["Mark out", ["O"], "Decide"],
  mute: ["Mute between the marks", ["M"], "Decide"],
  withhold: ["Withhold between the marks", ["W"], "Decide"],
  comment: ["Comment", ["C"], "Decide"],
  undo: ["Undo", ["Ctrl+Z"], "Decide"],
  redo: ["Redo", ["Ctrl+Shift+Z", "Ctrl+Y"], "Decide"],
  views: ["Next view", ["Tab"], "Look"],
  peek: ["Peek under the mask (hold)", ["P"], "Look"],
  sound: ["Sound on, off", ["Shift+M"], "Look"],
  fit: ["Fit the timeline", ["Z"], "Look"],
  zoomIn: ["Zoom in", ["+", "="], "Look"],
  zoomOut: ["Zoom out", ["-"], "Look"],
  grey: ["Greyscale on, off", ["Shift+G"], "Look"],
  blur: ["Blur until hovered on, off", ["Shift+B"], "Look"],
  submit: ["Render, submit or approve", ["Ctrl+Enter"], "Finish"],
  help: ["This card", ["?"], "Finish"],
};

const SHOWN = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Delete: "Del", Escape: "Esc" };
const STORED = "bodycam-keys";

export class Keys {
  constructor(acts) {
    this.acts = acts;
    this.own = JSON.parse(localStorage.getItem(STORED) || "{}");
    addEventListener("keydown", (event) => this.#down(event));
    addEventListener("keyup", (event) => this.#up(event));
    addEventListener("blur", () => this.acts.peekEnd());
  }

  of(name) { return this.own[name] || ACTS[name][1]; }

  /** The card of all keys; a click on a key changes it. */
  card() {
    const groups = new Map();
    for (const [name, [, , group]] of Object.entries(ACTS)) {
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(name);
    }
    const row = (name) => el("tr", {},
      el("th", { scope: "row" }, ACTS[name][0]),
      el("td", {}, el("button", { class: "key-button", title: "Change this key", onclick: (event) => this.#change(name, event.currentTarget) },
        this.of(name).length ? this.of(name).map((key) => el("span", { class: "keycaps" }, caps(spelled(key)))) : "off")));
    const column = ([group, names]) => el("section", {}, el("h3", {}, group), el("table", {}, el("tbody", {}, names.map(row))));
    const asShipped = (event) => { localStorage.removeItem(STORED); this.own = {}; event.target.closest("dialog").close(); };
    return ask({
      title: "Keys", wide: true, accept: "Close", cancel: "",
      body: el("div", { class: "key-card" }, [...groups].map(column), el("button", { type: "button", onclick: asShipped }, "All keys as shipped")),
      note: "Click a key to change it, then press the new one; Backspace switches it off.",
    });
  }

  #change(name, button) {
    button.textContent = "press a key…";
    const heard = (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      const key = pressed(event);
      if (["Shift", "Ctrl", "Control", "Alt", "Meta"].includes(event.key)) return;
      removeEventListener("keydown", heard, true);
      if (event.key !== "Escape") this.own[name] = event.key === "Backspace" ? [] : [key];
      localStorage.setItem(STORED, JSON.stringify(this.own));
      button.replaceChildren(...(this.of(name).length ? this.of(name).map((each) => el("span", { class: "keycaps" }, caps(spelled(each)))) : ["off"]));
    };
    addEventListener("keydown", heard, true);
  }

  #down(event) {
    if (document.querySelector("dialog[open]") || typing(event.target)) return;
    const key = pressed(event);
    const name = Object.keys(ACTS).find((each) => this.of(each).includes(key));
    if (!name || !this.acts[name]) return;
    if (keepsFocus(event.target, key)) return;
    event.preventDefault();
    if (name === "peek" && event.repeat) return;
    this.acts[name]();
  }

  #up(event) {
    if (this.of("peek").includes(pressed(event))) this.acts.peekEnd();
  }
}

function pressed(event) {
  const key = event.key === " " ? "Space" : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const shift = event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key));
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shift ? "Shift+" : ""}${key}`;
}

/** Space and Enter press the button that has the focus; Tab moves on from whatever is not the picture. */
function keepsFocus(target, key) {
  const control = target.closest?.("button, a, summary");
  if (control && (key === "Space" || key === "Enter")) return true;
  return key === "Tab" && target !== document.body && !target.closest?.("review-stage");
}

function typing(target) {
  return target.matches?.("input:not([type=checkbox]):not([type=range]), textarea, select");
}

function spelled(key) {
  return key.split(/\+(?=.)/).map((part) => SHOWN[part] || part).join("+");
}
