// Shows one view at a time, by the address's fragment, so that the browser's back button and links work.

import { getInfo } from "./api.js";
import { byId } from "./dom.js";
import { setUpFile } from "./file.js";
import { setUpReview } from "./review.js";
import { setUpTry } from "./try.js";

const TITLES = { try: "Try a text", file: "Score a file", review: "Review" };
const info = getInfo();

const current = () => {
  const name = location.hash.slice(1);
  return name in TITLES ? name : "try";
};

function show({ focus }) {
  const name = current();
  for (const view of Object.keys(TITLES)) byId(`view-${view}`).hidden = view !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${TITLES[name]} · Comment stance`;
  byId(`view-${name}`).dispatchEvent(new Event("shown"));
  if (focus) byId(`${name}-heading`).focus();
}

setUpTry(info);
setUpFile(info);
setUpReview();
window.addEventListener("hashchange", () => show({ focus: true }));
// Not by the fragment, which names the view.
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
show({ focus: false });
info.then(
  ({ model, engine }) => { byId("about-model").textContent = `Labels are an estimate by ${model.name} ${model.version} on ${engine}, and some are wrong.`; },
  (error) => { byId("about-model").textContent = error.message; },
);
