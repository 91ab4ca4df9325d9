// What comes of a scored file: the CSV with our columns.

import { writeCsv } from "./csv.js";

const COLUMNS = ["label", "skeptical", "supportive", "neutral", "confidence", "abstained", "truncated", "language", "model", "error"]
  .map((name) => `stance_${name}`);

// The input's columns, less those of an earlier run, and ours; as `stance score` writes them.
export function scoredCsv(table, outcomes, model) {
  const kept = table.columns.map((_, index) => index).filter((index) => !COLUMNS.includes(table.columns[index]));
  const rows = table.rows.map(({ cells }, index) => [...kept.map((at) => cells[at]), ...ours(outcomes[index], model)]);
  return writeCsv([[...kept.map((at) => table.columns[at]), ...COLUMNS], ...rows]);
}

export function offerDownload(content, name) {
  // The mark at the beginning tells spreadsheets that this is UTF-8.
  const url = URL.createObjectURL(new Blob(["\ufeff", content], { type: "text/csv;charset=utf-8" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function ours(outcome, model) {
  if (outcome.error) return [...Array(COLUMNS.length - 1).fill(""), outcome.error];
  const { label, scores, confidence, abstained, truncated, language } = outcome;
  return [label, scores.skeptical, scores.supportive, scores.neutral, confidence, abstained, truncated, language, model, ""];
}
