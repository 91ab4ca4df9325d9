// How a label looks wherever it stands: a sign, a word and a colour, never the colour alone.

import { h } from "./dom.js";

export const LABELS = ["skeptical", "supportive", "neutral"];
const SIGNS = { skeptical: "◆", supportive: "●", neutral: "■", unsure: "?" };

export const nameOf = (label) => label.charAt(0).toUpperCase() + label.slice(1);

// Nothing is shown as impossible or certain that is not.
export function percent(share) {
  if (share > 0 && share < 0.005) return "<1%";
  if (share < 1 && share >= 0.995) return ">99%";
  return `${Math.round(100 * share)}%`;
}

export function badge(label, text = nameOf(label)) {
  return h("span", { class: `badge is-${label}` }, h("span", { "aria-hidden": "true" }, SIGNS[label]), ` ${text}`);
}

export function scoreBars(scores) {
  return h("ul", { class: "scores" }, LABELS.map((label) => scoreRow(label, scores[label])));
}

function scoreRow(label, score) {
  const fill = h("span", { class: `fill is-${label}` });
  fill.style.width = `${100 * score}%`;
  return h("li", {},
    h("span", { class: "score-name" }, nameOf(label)),
    h("span", { class: "track", "aria-hidden": "true" }, fill),
    h("span", { class: "score-value" }, percent(score)));
}
