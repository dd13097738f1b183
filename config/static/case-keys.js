// The page of a case by keyboard. Each thing that a key leads to says so itself: data-key="n j".
(() => {
  "use strict";
  const keys = document.getElementById("keys");
  const open = document.querySelector("[data-keys-open]");
  if (!keys || !open) return;
  open.hidden = false;
  open.addEventListener("click", () => keys.showModal());

  // A link is followed, a form's first button gets the focus, and what is folded is unfolded.
  const unfold = (part) => {
    const folded = part.matches("details") ? part : part.querySelector("details");
    if (folded) folded.open = true;
    const first = part.querySelector("section input:not([type=hidden]), section select, section textarea, textarea, form button, button");
    part.scrollIntoView({ block: "center" });
    if (first) first.focus({ preventScroll: true });
  };
  const use = (part) => { if (part.matches("a")) part.click(); else unfold(part); };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable], dialog")) return;
    if (event.key === "?") { event.preventDefault(); keys.showModal(); return; }
    const part = document.querySelector(`[data-key~="${CSS.escape(event.key)}"]`);
    if (part || event.key === "j" || event.key === "k") event.stopImmediatePropagation();
    if (part) { event.preventDefault(); use(part); }
  }, true);

  // "Next" leads to a part of this page: it is unfolded, too.
  const arrived = () => {
    const part = location.hash && document.getElementById(location.hash.slice(1));
    if (part && part.closest("main")) unfold(part);
  };
  window.addEventListener("hashchange", arrived);
  arrived();
})();
