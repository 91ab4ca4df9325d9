// Single keys, only while `view` is shown, nobody is typing, and `toggle` is on (WCAG 2.1.4).

export function onKeys(view, toggle, actions) {
  document.addEventListener("keydown", (event) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
    const typing = event.target.matches("input:not([type=checkbox]), textarea, select") || document.querySelector("dialog[open]");
    const action = actions[event.key.toLowerCase()];
    if (!action || !plain || typing || view.hidden || !toggle.checked) return;
    event.preventDefault();
    action();
  });
}
