// The queue: every job, what is due first; and the way from one job to the next.

import { get } from "./api.js";
import { caps, el, fill } from "./dom.js";

const WORDS = {
  "needs review": "needs a decision", planned: "to be reviewed", draft: "rendered, not submitted", "needs changes": "needs changes",
  "in review": "waits for approval", approved: "approved", released: "released", published: "rendered, not submitted",
  withheld: "withheld", quarantined: "could not be read", queued: "waits for the machine", leased: "in work", "left aside": "left aside",
};
const WAITS = new Set(["needs review", "planned", "draft", "needs changes", "in review", "published"]);
const waits = (job) => WAITS.has(job.state);

/** Which job the address names; null for the queue. */
export function askedFor(jobs) {
  const named = new URLSearchParams(location.search).get("job");
  return jobs.find(({ job }) => String(job) === named)?.job ?? null;
}

/** Load one job, or the queue, anew: nothing of the job before stays in the page. */
export function open(number = null) { location.assign(number === null ? location.pathname : `?job=${number}`); }

/** The number of the nearest job after or before one that waits for a person; null where there is no other. */
export async function nextWaiting(number, by) {
  const jobs = await get("/api/jobs");
  for (let step = 1; step < jobs.length; step += 1) {
    const job = jobs[(number + by * step + jobs.length) % jobs.length];
    if (waits(job)) return job.job;
  }
  return null;
}

/** All jobs, what is due first; Enter opens one, the arrows move. */
export function showQueue(person, jobs) {
  document.title = "Review queue";
  const row = (job) => el("tr", { class: waits(job) ? "waits" : "" },
    el("td", {}, job.due || "–"),
    el("td", {}, job.request || "–"),
    el("th", { scope: "row" }, el("button", { class: "link", onclick: () => open(job.job) }, job.recording || job.name)),
    el("td", {}, job.name), el("td", {}, el("span", { class: "state" }, WORDS[job.state] || job.state)), el("td", {}, job.last_by || "–"));
  const table = el("table", { class: "queue" },
    el("caption", {}, `${jobs.filter(waits).length} of ${jobs.length} wait for a person. Enter opens one, `, caps("N"), " goes to the next that waits."),
    el("thead", {}, el("tr", {}, ["Due", "Request", "Recording", "Job", "State", "Who had it last"].map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, jobs.map(row)));
  fill(document.body, el("header", { class: "bar" }, el("h1", {}, "Review queue"), el("span", { class: "spacer" }), el("span", { class: "person" }, person)),
    el("main", { class: "queue-page" }, table));
  const links = [...table.querySelectorAll("button.link")];
  const waiting = links.filter((_, place) => waits(jobs[place]));
  (waiting[0] || links[0])?.focus();
  table.addEventListener("keydown", (event) => move(event, links, waiting));
}

/** The arrows go to the next job, N to the next that waits. */
function move(event, links, waiting) {
  const at = links.indexOf(document.activeElement);
  const next = {
    ArrowDown: () => links[at + 1], ArrowUp: () => links[at - 1],
    n: () => waiting.find((link) => links.indexOf(link) > at) || waiting[0],
    N: () => waiting.findLast((link) => links.indexOf(link) < at) || waiting.at(-1),
  }[event.key]?.();
  if (next) { event.preventDefault(); next.focus(); }
}
