// Speaks to the service that serves this page. Paths are relative, so that it may lie under a prefix.

import { askKey, storedKey } from "./key.js";

// The service's own words for these are for programs.
const REFUSALS = {
  401: "A valid key is needed. Whoever runs this server can make one.",
  403: "This key may not do that. Whoever runs this server can make one that may.",
};

export class ApiError extends Error {
  constructor(message, { status = 0, errors = [], retryAfter = null } = {}) {
    super(message);
    Object.assign(this, { status, errors, retryAfter });
  }
}

export const getInfo = () => send("info");
export const classify = (texts, options = {}, signal) => post("v1/classify", { texts, ...options }, { signal });
export const readQueue = (limit) => send(`v1/labels/queue?limit=${limit}`);
export const enqueue = (texts) => post("v1/labels/queue", { texts });

export const submitLabel = (label, idempotencyKey, { keepalive = false } = {}) =>
  post("v1/labels", { labels: [label] }, { keepalive, headers: { "Idempotency-Key": idempotencyKey } });

function post(path, body, { headers = {}, ...options } = {}) {
  const json = { "Content-Type": "application/json", ...headers };
  return send(path, { method: "POST", body: JSON.stringify(body), headers: json, ...options });
}

async function send(path, options = {}) {
  for (;;) {
    const answer = await reach(path, options);
    if (answer.ok) return answer.json();
    const error = await describe(answer);
    if (!(answer.status in REFUSALS) || !(await askKey(error.message))) throw error;
  }
}

async function reach(path, { headers = {}, ...options }) {
  const key = storedKey();
  try {
    return await fetch(path, { ...options, headers: key ? { ...headers, "X-API-Key": key } : headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The server cannot be reached. Check that it is running and that you are connected.");
  }
}

async function describe(answer) {
  const refusal = REFUSALS[answer.status];
  if (refusal) return new ApiError(refusal, { status: answer.status });
  const problem = await answer.json().catch(() => ({}));
  const errors = problem.errors ?? [];
  const details = errors.length ? errors.map((one) => one.detail) : [problem.detail ?? `the server answered ${answer.status}`];
  const retryAfter = Number(answer.headers.get("Retry-After")) || null;
  return new ApiError(sentence([...new Set(details)].slice(0, 3).join("; ")), { status: answer.status, errors, retryAfter });
}

function sentence(text) {
  const end = /[.!?]$/.test(text) ? "" : ".";
  return text.charAt(0).toUpperCase() + text.slice(1) + end;
}
