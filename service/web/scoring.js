// Sends many texts, some at a time, and gives each its result or the reason why there is none.

import { ApiError, classify } from "./api.js";

const CHUNK = 100;
const TRIES = 6;
const LONGEST_WAIT = 30;
const WAIT = 2;

// Yields { from, outcomes }: each outcome is a prediction or { error }, in the order of `items`.
export async function* scoreAll(items, limits, signal) {
  const size = Math.min(CHUNK, limits.max_texts);
  let model = null;
  for (let from = 0; from < items.length; from += size) {
    const answer = await scoreChunk(items.slice(from, from + size), signal);
    model ??= answer.model;
    if (answer.model && answer.model !== model) throw new Error("The model was changed on the server meanwhile. Score the file again.");
    yield { from, outcomes: answer.outcomes, model };
  }
}

async function scoreChunk(items, signal) {
  try {
    const { results, model } = await patiently(() => classify(items, {}, signal), signal);
    const outcomes = results.map((result) => (result.error ? { error: result.error.detail } : result));
    return { outcomes, model: `${model.name}@${model.version}` };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return afterRefusal(items, error, signal);
  }
}

async function afterRefusal(items, error, signal) {
  // Too much at once, for the size limit or for the deadline: fewer may pass.
  if ((error.status === 413 || error.status === 504) && items.length > 1) {
    const middle = Math.ceil(items.length / 2);
    const first = await scoreChunk(items.slice(0, middle), signal);
    const second = await scoreChunk(items.slice(middle), signal);
    return { outcomes: [...first.outcomes, ...second.outcomes], model: first.model ?? second.model };
  }
  if (![413, 422, 504].includes(error.status)) throw error;
  const details = new Map(error.errors.map((one) => [one.pointer, one.detail]));
  return { outcomes: items.map((_, index) => ({ error: details.get(`/texts/${index}`) ?? error.message })), model: null };
}

async function patiently(work, signal) {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      const busy = error instanceof ApiError && (error.status === 429 || error.status === 503);
      if (!busy || left <= 1) throw error;
      await pause(Math.min(error.retryAfter ?? WAIT, LONGEST_WAIT), signal);
    }
  }
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
