// The view "Score a file": choose, pick columns, score.

import { byId, h } from "./dom.js";
import { fileResult } from "./fileresult.js";
import { scoreAll } from "./scoring.js";
import { guessTextColumn, readTable } from "./table.js";

let running = null;

export function setUpFile(info) {
  const drop = byId("drop");
  byId("file-input").addEventListener("change", (event) => open(event.target.files[0], info));
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    open(event.dataTransfer.files[0], info);
  });
}

async function open(file, info) {
  if (!file) return;
  running?.abort();
  byId("file-form").hidden = true;
  for (const id of ["file-error", "file-progress", "file-result"]) byId(id).replaceChildren();
  try {
    const table = await readTable(file);
    askColumns(file.name, table, info);
  } catch (error) {
    showError(error.message);
  }
}

function askColumns(name, table, info) {
  const form = byId("file-form");
  const text = columnPicker("text-column", "Column with the comments", table.columns, guessTextColumn(table.columns));
  const context = columnPicker("context-column", "Column with what they answer", ["none", ...table.columns], 0, { optional: true });
  form.replaceChildren(
    h("p", { class: "file-name" }, h("strong", {}, name), ` · ${table.rows.length.toLocaleString("en")} rows`),
    h("div", { class: "pickers" }, text, context),
    h("div", { class: "actions" }, h("button", { type: "submit", class: "primary" }, `Score ${table.rows.length.toLocaleString("en")} rows`)));
  form.hidden = false;
  form.onsubmit = (event) => {
    event.preventDefault();
    const picked = { text: Number(byId("text-column").value), context: Number(byId("context-column").value) - 1 };
    run({ name, table, items: table.rows.map(({ cells }) => item(cells, picked)) }, info);
  };
}

const item = (cells, picked) => ({ text: cells[picked.text], context: picked.context < 0 ? null : cells[picked.context] });

function columnPicker(id, label, names, selected, { optional = false } = {}) {
  const options = names.map((name, index) => h("option", { value: index, selected: index === selected }, name || `column ${index + 1}`));
  return h("div", { class: "field" },
    h("label", { for: id }, label, optional && h("span", { class: "optional" }, " optional")),
    h("select", { id }, options));
}

async function run(job, info) {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  const outcomes = [];
  const bar = showProgress(job.items.length);
  try {
    const { limits, abstain_threshold: threshold } = await info;
    for await (const part of scoreAll(job.items, limits, signal)) {
      outcomes.push(...part.outcomes);
      job.model = part.model;
      bar.advance(outcomes.length);
    }
    finish(job, outcomes, threshold);
  } catch (error) {
    if (error.name === "AbortError") byId("file-status").textContent = "Stopped.";
    else showError(`${error.message} ${outcomes.length} rows had been scored; score the file again.`);
  } finally {
    if (running.signal === signal) byId("file-progress").replaceChildren();
  }
}

function showProgress(total) {
  const bar = h("progress", { max: total, value: 0, "aria-label": "Rows scored" });
  const told = h("p", { class: "help" }, `0 of ${total.toLocaleString("en")}`);
  const stop = h("button", { type: "button", onclick: () => running.abort() }, "Stop");
  byId("file-error").replaceChildren();
  byId("file-result").replaceChildren();
  byId("file-status").textContent = "Scoring …";
  byId("file-progress").replaceChildren(h("div", { class: "progress" }, bar, told, stop));
  return {
    advance(done) {
      bar.value = done;
      told.textContent = `${done.toLocaleString("en")} of ${total.toLocaleString("en")}`;
    },
  };
}

function finish(job, outcomes, threshold) {
  byId("file-result").replaceChildren(...fileResult(job, outcomes, threshold));
  byId("file-status").textContent = `Done: ${outcomes.length} rows.`;
  byId("file-result-heading").focus();
}

function showError(message) {
  byId("file-status").textContent = "";
  byId("file-error").replaceChildren(h("p", { class: "notice error" }, message));
}
