// Draw a box: by dragging, by two clicks, or by keys alone. Resolves to its sides, or to null.

import { el } from "./dom.js";

const STEP = 8;

/** @param track a drawn track to correct, whose box of now is where the drawing begins; or null */
export function drawBox(stage, store, track) {
  const [width, height] = store.facts.size;
  const known = track && stage.last?.boxes.find((box) => box.track === track.number);
  const side = Math.round(Math.min(width, height) / 5);
  let box = known ? [...known.box] : [width / 2 - side / 2, height / 2 - side / 2, width / 2 + side / 2, height / 2 + side / 2].map(Math.round);
  let corner = null, dragged = false;
  return new Promise((drawn) => {
    const hint = el("p", { class: "stage-hint", role: "status" }, "Drag, or click two corners, or move it with the arrows (Shift changes its size, Alt by one pixel). Enter takes it, Escape leaves.");
    stage.append(hint);
    stage.classList.add("drawing");
    const show = () => {
      const [a, b, c, d] = box;
      stage.draft = [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)].map((value, n) => Math.round(Math.max(0, Math.min(n % 2 ? height : width, value))));
      stage.redraw();
    };
    const finish = (result) => {
      removeEventListener("keydown", key, true);
      stage.canvas.removeEventListener("pointerdown", down);
      stage.canvas.removeEventListener("pointermove", move);
      stage.canvas.removeEventListener("pointerup", up);
      hint.remove();
      stage.classList.remove("drawing");
      stage.draft = null;
      stage.cancelDrawing = null;
      stage.redraw();
      drawn(result);
    };
    const take = () => {
      const [left, top, right, bottom] = stage.draft;
      finish(right - left >= 4 && bottom - top >= 4 ? [left, top, right, bottom] : null);
    };
    const key = (event) => {
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (event.key === "Enter") take();
      else if (event.key === "Escape") finish(null);
      else if (moves) {
        const by = event.altKey ? 1 : STEP, [x, y] = [moves[0] * by, moves[1] * by];
        box = event.shiftKey ? [box[0], box[1], box[2] + x, box[3] + y] : [box[0] + x, box[1] + y, box[2] + x, box[3] + y];
        show();
      } else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    const down = (event) => {
      const at = stage.pixel(event);
      if (corner) { box = [...corner, ...at]; show(); take(); return; }
      corner = at;
      dragged = false;
      stage.canvas.setPointerCapture(event.pointerId);
    };
    const move = (event) => {
      if (!corner) return;
      box = [...corner, ...stage.pixel(event)];
      dragged ||= event.buttons && Math.hypot(box[2] - box[0], box[3] - box[1]) > 6;
      show();
    };
    const up = () => { if (dragged) take(); };
    addEventListener("keydown", key, true);
    stage.canvas.addEventListener("pointerdown", down);
    stage.canvas.addEventListener("pointermove", move);
    stage.canvas.addEventListener("pointerup", up);
    stage.cancelDrawing = () => finish(null);
    document.activeElement?.blur?.();
    show();
  });
}
