// How many rows have which label: a chart, and the same as a table.

import { h, svg } from "./dom.js";
import { LABELS, badge, nameOf, percent } from "./labels.js";

const ROW = 46;

export function tally(outcomes) {
  const counts = { skeptical: 0, supportive: 0, neutral: 0, unsure: 0, failed: 0 };
  for (const outcome of outcomes) counts[kindOf(outcome)] += 1;
  return { ...counts, labelled: LABELS.reduce((sum, label) => sum + counts[label], 0), rows: outcomes.length };
}

export function shares(counts) {
  const share = (label) => (counts.labelled ? counts[label] / counts.labelled : 0);
  return h("figure", { class: "shares" },
    h("figcaption", {},
      h("strong", {}, `${counts.labelled.toLocaleString("en")} of ${counts.rows.toLocaleString("en")} rows labelled.`),
      " Raw shares; do not print them without correction: a model’s mistakes do not cancel out."),
    h("div", { class: "shares-body" }, chart(share), table(counts, share)));
}

function kindOf(outcome) {
  if (outcome.error) return "failed";
  return outcome.abstained ? "unsure" : outcome.label;
}

function chart(share) {
  const told = LABELS.map((label) => `${label} ${percent(share(label))}`).join(", ");
  return svg("svg", { class: "chart", role: "img", "aria-label": `Bar chart: ${told}`, width: "100%", height: ROW * LABELS.length },
    LABELS.map((label, index) => bar(label, share(label), ROW * index)));
}

function bar(label, share, top) {
  return svg("g", {},
    svg("text", { x: 0, y: top + 14 }, nameOf(label)),
    svg("text", { x: "100%", y: top + 14, "text-anchor": "end" }, percent(share)),
    svg("rect", { class: "track", x: 0, y: top + 21, width: "100%", height: 12, rx: 3 }),
    svg("rect", { class: `fill is-${label}`, x: 0, y: top + 21, width: `${100 * share}%`, height: 12, rx: 3 }));
}

function table(counts, share) {
  const head = h("tr", {}, ["Label", "Rows", "Share"].map((name, index) => h("th", { scope: "col", class: index ? "number" : null }, name)));
  const cells = (name, count, of) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "number" }, count.toLocaleString("en")), h("td", { class: "number" }, of));
  return h("table", { class: "plain" },
    h("caption", { class: "visually-hidden" }, "Rows and shares by label"),
    h("thead", {}, head),
    h("tbody", {},
      LABELS.map((label) => cells(badge(label), counts[label], percent(share(label)))),
      cells(badge("unsure"), counts.unsure, "not counted"),
      cells("Failed", counts.failed, "not counted")));
}
