// Labels on their way to the server. Stored labels never change, so each waits a moment in which it can be taken back.

import { submitLabel } from "./api.js";

const UNDO_MILLISECONDS = 5000;

// `failed` is told of a label that did not arrive, with what to call to send it again; `stored` of one that did.
export function createOutbox({ stored, failed, settled }) {
  let held = null;

  async function send(entry, options) {
    try {
      await submitLabel(entry.label, entry.key, options);
      stored(entry);
    } catch (error) {
      failed(error.message, () => send(entry));
    }
  }

  function release(options) {
    if (!held) return;
    const entry = held;
    clearTimeout(entry.timer);
    held = null;
    settled();
    send(entry, options);
  }

  // When the tab is closed there is no time left to wait.
  window.addEventListener("pagehide", () => release({ keepalive: true }));
  return {
    release,
    hold(item, label) {
      release();
      held = { item, label, key: randomKey(), timer: setTimeout(release, UNDO_MILLISECONDS) };
    },
    takeBack() {
      if (!held) return null;
      const { item, timer } = held;
      clearTimeout(timer);
      held = null;
      return item;
    },
  };
}

// Not `randomUUID`, which browsers give to pages over HTTPS only.
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
