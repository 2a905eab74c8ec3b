// Questions to a person: for a reason, for a time, for a comment. Enter answers, Escape leaves everything as it is.

import { el } from "./dom.js";

/** Ask something; resolves to the form's values, or to null where it was left. */
export function ask({ title, body, note, accept = "Apply", cancel = "Cancel", wide = false }) {
  return new Promise((answered) => {
    const form = el("form", { method: "dialog" },
      el("h2", {}, title), body, note ? el("p", { class: "dialog-note" }, note) : null,
      el("div", { class: "dialog-acts" },
        cancel ? el("button", { type: "button", class: "plain", onclick: () => dialog.close("cancel") }, cancel) : null,
        el("button", { type: "submit", class: "primary", value: "accept" }, accept)));
    const dialog = el("dialog", { class: wide ? "wide" : "", "aria-label": title }, form);
    const before = document.activeElement;
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.target.tagName !== "TEXTAREA") return;
      event.preventDefault();
      form.requestSubmit(form.querySelector("button.primary"));
    });
    dialog.addEventListener("close", () => {
      const values = dialog.returnValue === "accept" ? Object.fromEntries(new FormData(form)) : null;
      dialog.remove();
      before?.focus?.();
      answered(values);
    });
    document.body.append(dialog);
    dialog.showModal();
    (dialog.querySelector("[autofocus]") || dialog.querySelector("input, button.primary"))?.focus();
  });
}

/** Ask for a reason: one of the policy's, or typed; a number key takes one of the list. */
export function askReason(title, reasons, { kinds = null, kind = "", note = "", accept = "Apply", last = "", comment = true, optional = false, before = null, after = null } = {}) {
  const input = el("input", { name: "reason", required: !optional, autofocus: true, value: last, autocomplete: "off", id: "reason", "aria-describedby": "reason-help" });
  const list = el("ol", { class: "reasons", id: "reason-help" }, reasons.slice(0, 9).map((reason) =>
    el("li", {}, el("button", { type: "button", class: "reason", onclick: () => { input.value = reason; input.focus(); } }, reason))));
  const picker = kinds ? el("label", { class: "field" }, "Kind", el("select", { name: "kind" }, kinds.map((each) => el("option", { value: each.kind, selected: each.kind === kind }, each.kind ? each.kind.replaceAll("-", " ") : "no kind of the policy")))) : null;
  const remark = comment ? el("label", { class: "field" }, "Comment (stays inside)", el("input", { name: "comment", autocomplete: "off" })) : null;
  input.addEventListener("keydown", (event) => {
    if (event.altKey && /^[1-9]$/.test(event.key) && reasons[Number(event.key) - 1]) { event.preventDefault(); input.value = reasons[Number(event.key) - 1]; }
  });
  return ask({ title, accept, note: note || "The reason is handed out with the release: write no names into it.",
    body: el("div", { class: "fields" }, before, picker, el("label", { class: "field", for: "reason" }, "Reason"), input, list, after, remark) });
}

/** Ask for a comment; resolves to the text, which may be empty, or to null where it was left. */
export async function askComment(title, text) {
  const found = await ask({ title, accept: "Keep", note: "It stays inside: it is not handed out with the release.",
    body: el("label", { class: "field" }, "Comment", el("textarea", { name: "comment", rows: 3, value: text, autofocus: true })) });
  return found && found.comment.trim();
}

/** Say something for a few seconds; errors stay until they are closed. */
export function say(text, { error = false, remedy = "" } = {}) {
  const place = document.querySelector(".toasts") || document.body.appendChild(el("div", { class: "toasts", role: "status", "aria-live": "polite" }));
  const toast = el("div", { class: `toast ${error ? "error" : ""}` }, el("span", {}, text), remedy ? el("small", {}, remedy) : null,
    el("button", { class: "plain", "aria-label": "Close this message", onclick: () => toast.remove() }, "×"));
  place.append(toast);
  while (place.children.length > 4) place.firstChild.remove();
  if (!error) setTimeout(() => toast.remove(), 5000);
}
