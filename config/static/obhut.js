// Small comforts; every page works without them.
(() => {
  "use strict";
  const first = document.querySelector("[data-focus]");
  if (first) first.focus();

  document.addEventListener("submit", (event) => {
    const question = event.submitter && event.submitter.dataset.confirm;
    if (question && !window.confirm(question)) { event.preventDefault(); return; }
    // A second click on the same button sends nothing twice.
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    // A form that answers with a file leaves this page as it is.
    setTimeout(() => delete form.dataset.sent, 3000);
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  // Lists of the staff: / to the search box, j and k through the rows, Enter opens (the row's first link has the focus), x ticks the row.
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  const step = (by) => {
    const links = [...document.querySelectorAll(".obhut-table tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    links[Math.min(Math.max(at + by, 0), links.length - 1)].focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const search = document.querySelector("[data-search]");
    if (event.key === "/" && search) { event.preventDefault(); search.focus(); }
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "x") event.target.closest("tr")?.querySelector("input[type=checkbox]")?.click();
  });

  // A part of the page that moves by itself: fetched anew while somebody looks at it. When what `data-live` says has
  // changed, the buttons around it have too, and the whole page comes anew.
  const live = document.querySelector("[data-live]");
  const freshen = async () => {
    try {
      const answer = document.hidden ? null : await fetch(location.href, { headers: { Accept: "text/html", "X-Obhut-Quiet": "1" } });
      if (answer && answer.ok && !answer.redirected) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
        if (!fresh || fresh.dataset.live !== live.dataset.live) { location.reload(); return; }
        live.replaceChildren(...fresh.childNodes);
      }
    } catch { /* the network was away; the next one may get through */ }
    setTimeout(freshen, Number(live.dataset.liveEvery));
  };
  if (live) setTimeout(freshen, Number(live.dataset.liveEvery));

  // What the page says of others who have the same open: fetched again while somebody looks at it, until the login ends.
  const readers = document.querySelector("[data-readers]");
  const ask = async () => {
    try {
      const answer = document.hidden ? null : await fetch(readers.dataset.readers, { headers: { Accept: "text/html", "X-Obhut-Quiet": "1" } });
      if (answer && (answer.redirected || [401, 403, 404].includes(answer.status))) return;
      const fresh = answer && answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html").body : readers;
      if (fresh.textContent.trim() !== readers.textContent.trim()) readers.replaceChildren(...fresh.childNodes);
    } catch { /* the network was away; the next one may get through */ }
    setTimeout(ask, 20000);
  };
  if (readers) setTimeout(ask, 20000);

  // Something to be copied: a button beside a field that cannot be changed.
  document.querySelectorAll("[data-copy]").forEach((button) => {
    const field = document.getElementById(button.dataset.copy);
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(field.value);
      button.querySelector("[role=status]").textContent = button.dataset.done;
    });
  });

  // "Select all" of a list.
  document.querySelectorAll("[data-select-all]").forEach((box) => {
    (box.closest("label") || box).hidden = false;
    box.addEventListener("change", () => {
      document.querySelectorAll(`input[type=checkbox][name="${box.dataset.selectAll}"]`).forEach((one) => { one.checked = box.checked; });
    });
  });
})();
