// Which words carry the label: each was left out in turn, and the probability read again.

import { h } from "./dom.js";
import { slicer } from "./text.js";

const LEVELS = 4;
// What moves the label much less than the strongest word does would only hide it.
const LEAST_OF_MOST = 0.15;
const STRONGEST = 5;
// Below this a word moves the label by less than a reader could tell from noise.
const LEAST = 0.01;

export function explanation(text, result) {
  const slice = slicer(text);
  const most = Math.max(LEAST, ...result.attributions.map((one) => Math.abs(one.score)));
  return h("div", { class: "card explanation" },
    h("h3", { class: "small-heading", tabindex: "-1" }, `Why ${result.label}?`),
    legend(),
    h("p", { class: "paragraph-text shaded", dir: "auto" }, shaded(text, slice, result.attributions, most)),
    strongest(slice, result));
}

function legend() {
  return h("p", { class: "help" },
    "Each word was left out in turn. ",
    h("mark", { class: "for level-3" }, "Solid line"), ": without it the label is less probable. ",
    h("mark", { class: "against level-3" }, "Dashed line"), ": without it the label is more probable. ",
    "The deeper the shade, the larger the change. In long texts, neighbouring words are taken together.");
}

function shaded(text, slice, attributions, most) {
  let before = 0;
  const parts = attributions.flatMap(({ start, end, score }) => {
    const gap = slice(before, start);
    before = end;
    return [gap, word(slice(start, end), score, most)];
  });
  return [...parts, slice(before, text.length)];
}

function word(text, score, most) {
  if (Math.abs(score) < Math.max(LEAST, LEAST_OF_MOST * most)) return text;
  const level = Math.ceil((LEVELS * Math.abs(score)) / most);
  return h("mark", { class: `${score > 0 ? "for" : "against"} level-${level}` }, text);
}

function strongest(slice, { attributions, label }) {
  const ranked = attributions.filter((one) => Math.abs(one.score) >= LEAST)
    .sort((one, other) => Math.abs(other.score) - Math.abs(one.score)).slice(0, STRONGEST);
  if (!ranked.length) return h("p", { class: "reason" }, "No single word decides it: leaving any one out changes next to nothing.");
  return h("table", { class: "plain" },
    h("caption", {}, `The strongest words, and what each adds to “${label}” in points of probability`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Words"), h("th", { scope: "col", class: "number" }, "Points"))),
    h("tbody", {}, ranked.map(({ start, end, score }) => h("tr", {},
      h("td", { dir: "auto" }, slice(start, end)), h("td", { class: "number" }, points(score))))));
}

const points = (score) => `${score > 0 ? "+" : "−"}${Math.abs(100 * score).toFixed(0)}`;
