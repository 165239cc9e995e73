// What pages do beyond links and forms: keep open what was open, and answer a ballot by one key.
"use strict";
(() => {
  let open = new Map();

  document.addEventListener("htmx:beforeSwap", () => {
    open = new Map([...document.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const details of document.querySelectorAll("details[id]")) {
      if (open.has(details.id)) details.open = open.get(details.id);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const key = event.key.toUpperCase();
    const button = [...document.querySelectorAll("button[data-key]")].find(
      (each) => each.dataset.key.split(" ").includes(key),
    );
    if (button && !button.form.dataset.sent) {
      event.preventDefault();
      button.form.dataset.sent = "yes";
      button.form.requestSubmit(button);
    }
  });
})();
