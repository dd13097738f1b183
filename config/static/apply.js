// Filling a form in: asks the server what is to be seen while somebody types, and keeps the draft. Works without, too.
(() => {
  "use strict";
  const form = document.querySelector("[data-apply]");
  if (!form) return;

  // What is hidden is not sent: its controls are switched off, and those of boxes within it stay as they are.
  const apply = () => {
    form.querySelectorAll("[data-path]").forEach((box) => {
      const off = Boolean(box.closest("[data-path][hidden]"));
      box.querySelectorAll("input, select, textarea, button").forEach((control) => {
        if (control.closest("[data-path]") === box) control.disabled = off;
      });
    });
  };
  apply();

  const show = (found) => {
    form.querySelectorAll("[data-path]").forEach((box) => {
      const path = box.dataset.path;
      if (path in found.shown) box.hidden = !found.shown[path];
      const optional = [...box.querySelectorAll("[data-optional]")].find((one) => one.closest("[data-path]") === box);
      if (optional && path in found.required) optional.hidden = found.required[path];
    });
    form.querySelectorAll("[data-computed]").forEach((output) => {
      if (output.dataset.computed in found.computed) output.textContent = found.computed[output.dataset.computed] || "–";
    });
    const words = document.querySelector("[data-progress-words]");
    if (words && found.progress) words.textContent = found.progress;
    apply();
  };

  let waiting = null;
  let under_way = null;
  let leaving = false;
  const data = () => {
    const sent = new FormData(form);
    for (const [name, value] of [...sent.entries()]) if (value instanceof File) sent.delete(name);
    return sent;
  };
  const ask = async () => {
    waiting = null;
    if (leaving) return;
    if (under_way) under_way.abort();
    const mine = under_way = new AbortController();
    try {
      const answer = await fetch(form.dataset.state, { method: "POST", body: data(), signal: mine.signal });
      if (mine !== under_way) return;
      const kept = form.querySelector("[data-kept]");
      // It has been sent, or goes on elsewhere: nothing is kept here any more, which the next button explains.
      if (answer.status === 409) {
        if (kept) kept.hidden = true;
        form.querySelectorAll("[data-not-kept]").forEach((words) => { words.hidden = false; });
        return;
      }
      if (!answer.ok || answer.redirected) return;
      const found = await answer.json();
      if (leaving || mine !== under_way) return;
      show(found);
      form.elements.goes_on.value = "1";
      // From now on there is a draft: the way back and a reload lead to it.
      if (found.url && form.getAttribute("action") !== found.url) {
        form.setAttribute("action", found.url);
        history.replaceState(null, "", found.url);
      }
      if (kept) kept.hidden = false;
    } catch { /* the network was away; what was typed is still here, and goes with the next step */ }
    finally { if (mine === under_way) under_way = null; }
  };
  const soon = (event) => {
    if (event.target.type === "file" || event.target.matches("[data-filter]")) return;
    clearTimeout(waiting);
    waiting = setTimeout(ask, event.type === "input" ? 800 : 150);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    leaving = true;
    clearTimeout(waiting);
    if (under_way) under_way.abort();
  });
  // Whoever leaves by the browser's back button takes nothing along: what was typed last is kept on the way out.
  window.addEventListener("pagehide", () => {
    if (waiting === null || leaving) return;
    clearTimeout(waiting);
    fetch(form.dataset.state, { method: "POST", body: data(), keepalive: true }).catch(() => {});
  });
  window.addEventListener("pageshow", () => { leaving = false; });

  // Long lists can be searched.
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const search_box = (label, filter) => {
    const box = document.createElement("input");
    box.type = "search";
    box.className = "kern-form-input__input obhut-filter";
    box.setAttribute("aria-label", label);
    box.placeholder = label;
    box.dataset.filter = "";
    box.addEventListener("input", () => filter(plain(box.value.trim())));
    box.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    return box;
  };
  const label = form.dataset.search;
  form.querySelectorAll("select[data-many]").forEach((select) => {
    const all = [...select.options];
    select.parentElement.before(search_box(label, (words) => {
      select.replaceChildren(...all.filter((one) => !one.value || one.selected || plain(one.text).includes(words)));
    }));
  });
  form.querySelectorAll("[data-many]:not(select)").forEach((list) => {
    list.before(search_box(label, (words) => {
      list.querySelectorAll(".kern-form-check").forEach((one) => {
        one.hidden = !plain(one.textContent).includes(words) && !one.querySelector("input").checked;
      });
    }));
  });

  // A place on a map, where the city has named a server of tiles.
  const number = (text) => Number(text.trim().replace(",", "."));
  const centre = (form.dataset.centre || "0,0").split(",").map(Number);
  form.querySelectorAll("[data-map]").forEach((box) => {
    if (!form.dataset.tiles || !window.L) return;
    const [lat, lon] = ["lat", "lon"].map((part) => document.getElementById(`${box.dataset.map}-${part}`));
    const typed = () => lat.value.trim() && lon.value.trim() ? [number(lat.value), number(lon.value)] : null;
    box.hidden = false;
    const map = L.map(box).setView(typed() || centre, typed() ? 17 : 13);
    L.tileLayer(form.dataset.tiles, { maxZoom: 19, attribution: form.dataset.attribution }).addTo(map);
    const icon = L.divIcon({ className: "obhut-pin", iconSize: [28, 28], iconAnchor: [14, 28] });
    const pin = L.marker(typed() || centre, { icon, draggable: true, keyboard: true });
    if (typed()) pin.addTo(map);
    const put = ({ lat: north, lng: east }) => {
      pin.setLatLng([north, east]).addTo(map);
      lat.value = north.toFixed(6);
      lon.value = east.toFixed(6);
      lat.dispatchEvent(new CustomEvent("change", { bubbles: true, detail: "map" }));
    };
    map.on("click", (event) => put(event.latlng));
    pin.on("dragend", () => put(pin.getLatLng()));
    for (const control of [lat, lon]) control.addEventListener("change", (event) => {
      const at = typed();
      if (event.detail === "map" || !at || at.some(Number.isNaN)) return;
      pin.setLatLng(at).addTo(map);
      map.setView(at, 17);
    });
  });

  // A place: from the device, when the person asks for it.
  form.querySelectorAll("[data-locate]").forEach((button) => {
    const name = button.dataset.locate;
    const says = button.parentElement.querySelector("[data-locate-says]");
    button.hidden = !navigator.geolocation;
    button.addEventListener("click", () => {
      says.textContent = says.dataset.waiting;
      navigator.geolocation.getCurrentPosition(({ coords }) => {
        for (const [part, value] of [["lat", coords.latitude], ["lon", coords.longitude]]) {
          const control = document.getElementById(`${name}-${part}`);
          control.value = value.toFixed(6);
          control.dispatchEvent(new Event("change", { bubbles: true }));
        }
        says.textContent = says.dataset.found;
      }, () => { says.textContent = says.dataset.failed; }, { enableHighAccuracy: true, timeout: 15000 });
    });
  });
})();
