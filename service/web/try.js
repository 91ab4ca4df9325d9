// The view "Try a text".

import { classify } from "./api.js";
import { byId, h } from "./dom.js";
import { EXAMPLES } from "./examples.js";
import { explanation } from "./explanation.js";
import { badge } from "./labels.js";
import { summary, verdict } from "./verdict.js";

export function setUpTry(info) {
  const form = byId("try-form");
  byId("examples").append(...EXAMPLES.map((example) => exampleButton(example, form)));
  byId("try-result").append(introduction());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(info);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}

function exampleButton({ name, text, context = "" }, form) {
  const use = () => {
    byId("try-text").value = text;
    byId("try-context").value = context;
    form.requestSubmit();
  };
  return h("button", { type: "button", class: "chip", onclick: use }, name);
}

function introduction() {
  const meanings = {
    skeptical: "opposes normalization, distrusts it, or doubts that it can work",
    supportive: "favours it, or argues for its benefits",
    neutral: "takes no position: reports, asks, weighs both sides, or speaks of something else",
    unsure: "the model says so where its best guess is not to be trusted",
  };
  return h("div", { class: "introduction" },
    h("h2", { class: "small-heading" }, "What you will see"),
    h("dl", {}, Object.entries(meanings).flatMap(([label, meaning]) => [h("dt", {}, badge(label)), h("dd", {}, meaning)])));
}

let latest = 0;

async function run(info) {
  const item = readItem();
  if (!item) return;
  const turn = ++latest;
  const work = () => Promise.all([classify([item], { split: "paragraphs" }), info]);
  const answers = await attempt(turn, "Reading …", work);
  if (!answers) return;
  const [{ results: [result] }, { abstain_threshold: threshold }] = answers;
  const why = (paragraph, place) => explain({ ...item, text: paragraph }, turn, place);
  byId("try-result").replaceChildren(...verdict(item.text, result, { threshold, why }));
  byId("try-status").textContent = summary(result);
  byId("try-result").scrollIntoView({ block: "nearest" });
}

function readItem() {
  const text = byId("try-text").value;
  if (text.trim()) return { text, context: byId("try-context").value || null };
  showError("Paste a text first, or pick an example.");
  byId("try-text").focus();
  return null;
}

async function explain(item, turn, place) {
  const button = place.querySelector("button");
  button.disabled = true;
  const answer = await attempt(turn, "Leaving out one word after another …", () => classify([item], { explain: true }));
  button.disabled = false;
  if (!answer) return;
  button.remove();
  const shown = explanation(item.text, answer.results[0]);
  place.after(shown);
  shown.querySelector("h3").focus();
}

// The answer of `work`; nothing where it failed, which is shown, or where another text has been sent meanwhile.
async function attempt(turn, doing, work) {
  byId("try-error").replaceChildren();
  byId("try-status").textContent = doing;
  byId("view-try").classList.add("busy");
  try {
    const answer = await work();
    return turn === latest ? answer : null;
  } catch (error) {
    if (turn === latest) showError(error.message);
    return null;
  } finally {
    if (turn === latest) byId("view-try").classList.remove("busy");
  }
}

function showError(message) {
  byId("try-status").textContent = "";
  byId("try-error").replaceChildren(h("p", { class: "notice error" }, message));
  byId("try-error").scrollIntoView({ block: "nearest" });
}
