// Warns before a login ends for want of a click; when it has ended, keeps the page and what was typed until the same
// person is logged in again in another tab. Asking the server does not count as a click, "stay logged in" does.
(() => {
  "use strict";
  const WARN_S = 120, LOOK_EVERY_MS = 5000;
  const box = document.getElementById("login-ends");
  if (!box || !box.showModal) return;
  const texts = document.currentScript ? document.currentScript.dataset : {};
  const part = (name) => box.querySelector(`[data-${name}]`);
  const news = document.getElementById("login-news");
  let token = box.dataset.token, endsAt = Date.now() + Number(box.dataset.endsIn) * 1000;
  let state = "in", dismissed = false, asking = false, said = "";

  const ask = async (method) => {
    const headers = method === "POST" ? { "X-CSRFToken": token } : { "X-Obhut-Quiet": "1" };
    const answer = await fetch(box.dataset.url, { method, headers, cache: "no-store" });
    return answer.ok ? answer.json() : { ends_in_s: 0 };
  };
  const show = (next) => {
    state = next;
    box.querySelectorAll("[data-when]").forEach((one) => { one.hidden = one.dataset.when !== next; });
    box.setAttribute("aria-labelledby", `login-${next === "ended" ? "ended" : "ends"}-title`);
    box.setAttribute("aria-describedby", `login-${next === "ended" ? "ended" : "ends"}-text`);
    if (!box.open) box.showModal();
    part(next === "ended" ? "again" : "stay").focus();
  };
  const goOn = (found, text) => {
    token = found.form_token;
    document.querySelectorAll("input[name$=csrf_token]").forEach((field) => { field.value = token; });
    endsAt = Date.now() + found.ends_in_s * 1000;
    state = "in"; dismissed = false; said = "";
    part("trouble").textContent = "";
    if (box.open) box.close();
    if (text) news.textContent = text;
  };
  const isSame = (found) => found.ends_in_s > 0 && found.of === box.dataset.of;
  const tell = (left) => {
    const minutes = Math.floor(left / 60), seconds = String(left % 60).padStart(2, "0");
    part("left").textContent = `${minutes}:${seconds}`;
    const now = left <= 20 ? "seconds" : left <= 60 ? "minute" : "minutes";
    if (now !== said) { said = now; part("said").textContent = part("said").dataset[now]; }
  };

  // Another tab may have been used meanwhile, so the server is asked before anything is said.
  const look = async () => {
    if (asking) return;
    asking = true;
    try {
      const found = await ask("GET");
      if (state === "ended") {
        if (isSame(found)) goOn(found, texts.back);
        else if (found.ends_in_s > 0) part("stranger").textContent = part("stranger").dataset.text;
      } else if (!isSame(found)) {
        show("ended");
        if (found.ends_in_s > 0) part("stranger").textContent = part("stranger").dataset.text;
      } else {
        endsAt = Date.now() + found.ends_in_s * 1000;
        if (found.ends_in_s > WARN_S) { if (state === "ending") goOn(found); }
        else if (state === "in" && !dismissed) { show("ending"); tell(found.ends_in_s); }
      }
    } catch { /* the network was away; the next look may get through */ }
    asking = false;
  };
  const tick = () => {
    const left = Math.max(0, Math.round((endsAt - Date.now()) / 1000));
    if (state === "ended") return;
    if (left <= 0 || (left <= WARN_S && state === "in" && !dismissed)) look();
    if (state === "ending") tell(left);
  };
  part("stay").addEventListener("click", async () => {
    try {
      const found = await ask("POST");
      if (isSame(found)) goOn(found, texts.stays); else show("ended");
    } catch { part("trouble").textContent = part("trouble").dataset.text; }
  });
  part("close").addEventListener("click", () => box.close());
  box.addEventListener("close", () => { if (state === "ending") { state = "in"; dismissed = true; } });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && state === "ended") look(); });
  window.addEventListener("focus", () => { if (state === "ended") look(); });
  setInterval(tick, 1000);
  setInterval(() => { if (state === "ended" && !document.hidden) look(); }, LOOK_EVERY_MS);
})();
