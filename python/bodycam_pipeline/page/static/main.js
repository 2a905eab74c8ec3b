// The page: enter, choose a job, open it.

import { enter, get } from "./api.js";
import { openJob } from "./job.js";
import { el, fill } from "./dom.js";

const body = document.body;

async function start() {
  try {
    const person = await enter();
    const jobs = await get("/api/jobs");
    if (jobs.length === 1) await openJob(person, jobs, 0);
    else showQueue(person, jobs);
  } catch (error) {
    shut(error);
  }
}

const WORDS = {
  "needs review": "needs a decision", planned: "to be reviewed", draft: "rendered, not submitted", "in review": "waits for approval",
  approved: "approved", released: "released", published: "rendered, not submitted", withheld: "withheld", quarantined: "could not be read",
};
const WAITS = new Set(["needs review", "planned", "draft", "in review", "published"]);

/** All jobs, what is due first; Enter opens one, the arrows move. */
function showQueue(person, jobs) {
  document.title = "Review queue";
  const waiting = jobs.filter((job) => WAITS.has(job.state)).length;
  const open = (number) => openJob(person, jobs, number).catch(shut);
  const row = (job) => el("tr", { class: WAITS.has(job.state) ? "waits" : "" },
    el("td", {}, job.due || "–"),
    el("th", { scope: "row" }, el("button", { class: "link", onclick: () => open(job.job) }, job.request || job.name)),
    el("td", {}, job.name), el("td", {}, el("span", { class: "state" }, WORDS[job.state] || job.state)));
  const table = el("table", { class: "queue" },
    el("caption", {}, `${waiting} of ${jobs.length} wait for a person`),
    el("thead", {}, el("tr", {}, ["Due", "Request", "Job", "State"].map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, jobs.map(row)));
  fill(body, el("header", { class: "bar" }, el("h1", {}, "Review queue"), el("span", { class: "spacer" }), el("span", { class: "person" }, person)),
    el("main", { class: "queue-page" }, table));
  const links = [...table.querySelectorAll("button.link")];
  links[0]?.focus();
  table.addEventListener("keydown", (event) => {
    const at = links.indexOf(document.activeElement), step = { ArrowDown: 1, ArrowUp: -1, n: 1, N: 1 }[event.key];
    if (step && links[at + step]) { event.preventDefault(); links[at + step].focus(); }
  });
}

/** Nothing can be shown: say why, and what to do. */
function shut(error) {
  document.title = "Review: closed";
  const locked = error.code === "locked";
  fill(body, el("main", { class: "shut" },
    el("h1", {}, locked ? "Locked" : "This page is closed"),
    el("p", {}, `${error.message[0].toUpperCase()}${error.message.slice(1)}.`),
    el("p", {}, locked ? "Open the new address that the terminal shows. Everything decided is kept." : error.remedy || "Reload the page.")));
}

addEventListener("locked", (event) => shut(event.detail));
start();
