// The API key: asked for when the server wants one, kept until the tab is closed.

import { byId } from "./dom.js";

const NAME = "stance-key";
let asking = null;

export const storedKey = () => sessionStorage.getItem(NAME);

// True where the user gave a key. Requests that fail at the same time share one question.
export function askKey(reason) {
  asking ??= ask(reason).finally(() => { asking = null; });
  return asking;
}

function ask(reason) {
  const dialog = byId("key-dialog");
  byId("key-reason").textContent = storedKey() ? `The key was not accepted. ${reason}` : reason;
  byId("key").value = "";
  dialog.showModal();
  return new Promise((resolve) => {
    let given = false;
    byId("key-form").onsubmit = (event) => {
      event.preventDefault();
      sessionStorage.setItem(NAME, byId("key").value.trim());
      given = true;
      dialog.close();
    };
    byId("key-cancel").onclick = () => dialog.close();
    dialog.onclose = () => resolve(given);
  });
}
