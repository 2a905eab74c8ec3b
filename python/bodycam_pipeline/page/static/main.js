// The page: enter, choose a job, open it.

import { enter, get } from "./api.js";
import { openJob } from "./job.js";
import { el, fill } from "./dom.js";
import { askedFor, showQueue } from "./queue.js";

const body = document.body;

async function start() {
  try {
    const person = await enter();
    const jobs = await get("/api/jobs");
    const number = jobs.length === 1 ? jobs[0].job : askedFor(jobs);
    if (number === null) showQueue(person, jobs);
    else await openJob(person, jobs, number);
  } catch (error) {
    shut(error);
  }
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
