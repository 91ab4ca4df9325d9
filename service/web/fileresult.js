// What a scored file shows: shares, rows that failed, the download, and the way into the review queue.

import { enqueue } from "./api.js";
import { h } from "./dom.js";
import { offerDownload, scoredCsv } from "./scored.js";
import { shares, tally } from "./shares.js";
import { whyUnsure } from "./unsure.js";

const SHOWN = 100;
const CHUNK = 100;

export function fileResult(job, outcomes, threshold) {
  const unsure = job.items.filter((_, index) => !outcomes[index].error && whyUnsure(outcomes[index], threshold) === "threshold");
  const csvName = `${job.name.replace(/\.\w+$/, "")}.scored.csv`;
  const download = () => offerDownload(scoredCsv(job.table, outcomes, job.model), csvName);
  return [
    h("section", { class: "card", "aria-labelledby": "file-result-heading" },
      h("h2", { id: "file-result-heading", tabindex: "-1" }, "Result"),
      shares(tally(outcomes)),
      h("div", { class: "actions" },
        h("button", { type: "button", class: "primary", onclick: download }, "Download CSV"),
        unsure.length > 0 && queueButton(unsure))),
    failures(job, outcomes),
  ].filter(Boolean);
}

function queueButton(items) {
  const told = h("p", { class: "help", role: "status" }, "Only these texts are then kept, until somebody labels them.");
  const button = h("button", { type: "button" }, `Put ${items.length.toLocaleString("en")} unsure ones into the review queue`);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const waiting = await enqueueAll(items);
      told.replaceChildren("Done. Texts in the queue now: ", h("strong", {}, waiting.toLocaleString("en")), ". ", h("a", { href: "#review" }, "Go to review"));
    } catch (error) {
      told.textContent = error.message;
      button.disabled = false;
    }
  });
  return [button, told];
}

async function enqueueAll(items) {
  let waiting = 0;
  for (let from = 0; from < items.length; from += CHUNK) ({ waiting } = await enqueue(items.slice(from, from + CHUNK)));
  return waiting;
}

function failures(job, outcomes) {
  const failed = outcomes.map((outcome, index) => ({ line: job.table.rows[index].line, error: outcome.error })).filter(({ error }) => error);
  if (!failed.length) return null;
  const more = failed.length - SHOWN;
  return h("details", { class: "failures" },
    h("summary", {}, `Rows that could not be scored: ${failed.length.toLocaleString("en")}`),
    h("ul", {}, failed.slice(0, SHOWN).map(({ line, error }) => h("li", {}, h("strong", {}, `Line ${line}: `), error))),
    more > 0 && h("p", {}, `and ${more.toLocaleString("en")} more, all in the CSV under stance_error.`));
}
