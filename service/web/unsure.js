// Why the model should not be trusted on a text. The service says that; the reason follows from its answer.

import { percent } from "./labels.js";

export function whyUnsure(result, threshold) {
  if (!result.abstained) return null;
  if (isForeign(result.language)) return "language";
  return result.confidence < threshold ? "threshold" : "words";
}

export const isForeign = (language) => language !== null && language !== "en";

export function reasonText(result, threshold) {
  switch (whyUnsure(result, threshold)) {
    case "language":
      return `This looks like ${languageName(result.language)}. The model reads English only.`;
    case "threshold":
      return `No label reaches the ${percent(threshold)} that this model needs; the closest has ${percent(result.confidence)}.`;
    case "words":
      return "There are no words in it to judge by.";
    default:
      return "";
  }
}

function languageName(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code);
  } catch {
    return `another language (${code})`;
  }
}
