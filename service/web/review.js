// The view "Review": one text at a time. What the model thinks of it is shown once the label is given, not before.

import { readQueue } from "./api.js";
import { byId, h } from "./dom.js";
import { LABELS, badge, nameOf, percent } from "./labels.js";
import { createOutbox } from "./outbox.js";
import { onKeys } from "./shortcuts.js";

const PAGE = 20;
const MOST = 1000;
const ANNOTATOR = "stance-annotator";

export function setUpReview() {
  const state = { texts: [], labelled: new Set(), skipped: new Set(), waiting: 0, given: 0, outbox: null };
  state.outbox = createOutbox({
    stored: () => {
      state.given += 1;
      state.waiting -= 1;
      count(state);
    },
    failed: showFailure,
    settled: () => byId("undo")?.remove(),
  });
  const name = byId("annotator");
  name.value = localStorage.getItem(ANNOTATOR) ?? "";
  name.addEventListener("change", () => localStorage.setItem(ANNOTATOR, name.value.trim()));
  byId("view-review").addEventListener("shown", () => {
    if (!byId("view-review").hidden && !state.texts.length) load(state);
  });
  const give = (index) => () => label(state, LABELS[index]);
  onKeys(byId("view-review"), byId("shortcuts"), { 1: give(0), 2: give(1), 3: give(2), s: () => skip(state), u: () => undo(state) });
}

async function load(state) {
  byId("review-error").replaceChildren();
  try {
    const { texts, waiting } = await readQueue(Math.min(MOST, PAGE + state.labelled.size + state.skipped.size));
    state.texts = texts.filter((item) => !state.labelled.has(item.queue_id) && !state.skipped.has(item.queue_id));
    state.waiting = waiting;
    show(state);
  } catch (error) {
    byId("review-error").replaceChildren(h("p", { class: "notice error" }, error.message),
      h("button", { type: "button", onclick: () => load(state) }, "Try again"));
  }
}

function show(state) {
  const [item] = state.texts;
  byId("review-card").replaceChildren(item ? card(state, item) : empty(state));
  count(state);
}

function count(state) {
  const given = `${state.given} ${state.given === 1 ? "label" : "labels"} stored`;
  byId("review-status").textContent = `${given} · ${Math.max(0, state.waiting)} waiting`;
}

function card(state, item) {
  return h("article", { class: "card review-card", "aria-label": "Text to label" },
    item.context && h("blockquote", { class: "context", dir: "auto" }, h("p", { class: "small-heading" }, "In answer to"), item.context),
    h("p", { class: "review-text", dir: "auto" }, item.text),
    h("div", { class: "choices", role: "group", "aria-label": "Label" },
      LABELS.map((name, index) => h("button", { type: "button", class: `choice is-${name}`, onclick: () => label(state, name) }, badge(name), h("kbd", { "aria-hidden": "true" }, index + 1)))),
    h("button", { type: "button", class: "quiet", onclick: () => skip(state) }, "Skip ", h("kbd", { "aria-hidden": "true" }, "s")));
}

function empty(state) {
  const skipped = state.skipped.size > 0;
  return h("div", { class: "card empty" },
    h("h2", {}, skipped ? "Nothing more, but what you skipped" : "Nothing waits"),
    h("p", {}, "The queue fills from ", h("a", { href: "#file" }, "Score a file"), ": score one, then “Put unsure ones into the review queue”. Programs send texts to ", h("code", {}, "POST /v1/labels/queue"), "."),
    h("button", { type: "button", onclick: () => reload(state) }, skipped ? "Show what I skipped" : "Look again"));
}

function reload(state) {
  state.skipped.clear();
  load(state);
}

function label(state, name) {
  const item = state.texts[0];
  if (!item) return;
  state.outbox.hold(item, {
    text: item.text, context: item.context, id: item.id, label: name, model: item.model,
    source: "page", annotator: byId("annotator").value.trim() || null,
  });
  showLast(state, item, name);
  state.labelled.add(item.queue_id);
  advance(state);
}

function skip(state) {
  const item = state.texts[0];
  if (!item) return;
  state.outbox.release();
  byId("review-last").replaceChildren();
  state.skipped.add(item.queue_id);
  advance(state);
}

function undo(state) {
  const item = state.outbox.takeBack();
  if (!item) return;
  state.labelled.delete(item.queue_id);
  state.texts.unshift(item);
  byId("review-last").replaceChildren();
  show(state);
}

function advance(state) {
  state.texts.shift();
  if (state.texts.length) show(state);
  else load(state);
}

function showLast(state, item, given) {
  const model = `${nameOf(item.label)} ${percent(item.scores[item.label])}`;
  byId("review-last").replaceChildren(h("div", { class: "last", role: "status" },
    h("p", {}, "You: ", badge(given), h("span", { class: "model-view" }, " The model: ", badge(item.label, model))),
    h("button", { type: "button", id: "undo", class: "quiet", onclick: () => undo(state) }, "Undo ", h("kbd", { "aria-hidden": "true" }, "u"))));
}

function showFailure(message, again) {
  const retry = h("button", { type: "button" }, "Send it again");
  const notice = h("div", {}, h("p", { class: "notice error" }, `A label was not stored. ${message}`), retry);
  retry.addEventListener("click", () => {
    notice.remove();
    again();
  });
  byId("review-error").append(notice);
}
