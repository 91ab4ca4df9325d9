// A prediction as a reader sees it: the text as a whole, then paragraph by paragraph.
// `why` is called with a paragraph's text and element when its reader asks for the words that decide.

import { h } from "./dom.js";
import { badge, nameOf, percent, scoreBars } from "./labels.js";
import { slicer } from "./text.js";
import { isForeign, reasonText } from "./unsure.js";

export function verdict(text, result, { threshold, why }) {
  const several = result.segments.length > 1;
  return [
    h("section", { class: "card verdict", "aria-labelledby": "verdict-heading" },
      h("h2", { id: "verdict-heading", class: "small-heading" }, several ? "The text as a whole" : "Stance"),
      h("p", { class: "verdict-label" }, headline(result)),
      result.abstained && h("p", { class: "reason" }, reasonText(result, threshold)),
      scoreBars(result.scores),
      result.truncated && h("p", { class: "notice" }, "The text is longer than the model reads; its end did not count.")),
    h("section", { class: "paragraphs", "aria-labelledby": "paragraphs-heading" },
      h("h2", { id: "paragraphs-heading", class: "small-heading" }, several ? "Paragraph by paragraph" : "The text"),
      paragraphs(text, result, { threshold, why })),
  ];
}

export function summary(result) {
  const count = result.segments.length;
  const label = result.abstained ? `Unsure, closest label ${result.label}` : nameOf(result.label);
  return `${label}, ${percent(result.confidence)}.${count > 1 ? ` ${count} paragraphs.` : ""}`;
}

function headline(result) {
  if (result.abstained) return [badge("unsure"), h("span", { class: "closest" }, "closest: ", badge(result.label))];
  return [badge(result.label), h("span", { class: "confidence" }, percent(result.confidence))];
}

function paragraphs(text, result, { threshold, why }) {
  const slice = slicer(text);
  const several = result.segments.length > 1;
  return result.segments.map((segment) => {
    // Of one paragraph the whole has said it all; of several each is sure or unsure for itself.
    const unsure = several ? isForeign(result.language) || segment.confidence < threshold : result.abstained;
    return paragraph(slice(segment.start, segment.end), segment, { unsure, why, alone: !several });
  });
}

function paragraph(text, segment, { unsure, why, alone }) {
  const ask = h("button", { type: "button", class: "why", onclick: () => why(text, element) }, "Why?");
  const element = h("div", { class: `paragraph is-${segment.label}${unsure ? " is-doubtful" : ""}${alone ? " is-alone" : ""}` },
    h("p", { class: "paragraph-text", dir: "auto" }, text),
    h("div", { class: "paragraph-side" },
      unsure ? badge("unsure", `Unsure, closest: ${segment.label}`) : badge(segment.label),
      !alone && scoreBars(segment.scores),
      ask));
  return element;
}
