// The set-up pages: rows that come, go and move; inputs of the chosen action; what inputs suggest. All of it works without.
(() => {
  "use strict";
  const json = (id) => JSON.parse(document.getElementById(id)?.textContent || "{}");

  const rowsOf = (box) => [...box.querySelectorAll(":scope > [data-row]")];
  const shown = (box) => rowsOf(box).filter((row) => !row.hidden);

  function number(box) {
    shown(box).forEach((row, index) => {
      const place = row.querySelector('[name$="-ORDER"]');
      if (place) place.value = index + 1;
    });
  }

  function add(box) {
    const total = document.querySelector(`[name="${box.dataset.rows}-TOTAL_FORMS"]`);
    const html = box.querySelector(":scope > template").innerHTML.replaceAll("__prefix__", total.value);
    total.value = Number(total.value) + 1;
    box.querySelector(":scope > [data-add]").insertAdjacentHTML("beforebegin", html);
    const row = rowsOf(box).at(-1);
    prepare(row);
    number(box);
    row.querySelector("input, select").focus();
  }

  function move(row, step) {
    const box = row.parentElement, rows = shown(box);
    const other = rows[rows.indexOf(row) + step];
    if (!other) return;
    if (step < 0) other.before(row); else other.after(row);
    number(box);
  }

  function remove(row) {
    row.querySelector('[name$="-DELETE"]').checked = true;
    row.hidden = true;
    number(row.parentElement);
  }

  function choose(row) {
    const name = row.querySelector('select[name$="-name"]').value;
    row.querySelectorAll("[data-part]").forEach((part) => {
      part.hidden = part.disabled = part.dataset.part !== name;
    });
  }

  function prepare(root) {
    root.querySelectorAll(".cw-scripted").forEach((element) => { element.hidden = false; });
    root.querySelectorAll(".cw-plain-tools").forEach((element) => { element.hidden = true; });
  }

  function suggest(select, objects) {
    const list = document.getElementById(select.dataset.objectsOf || (select.name.includes("source") ? "objects-of-source" : "objects-of-target"));
    list.replaceChildren(...(objects[select.value] || []).map((name) => new Option(name, name)));
  }

  function tell(form) {
    const place = form.querySelector("[data-seen]");
    const connection = form.querySelector('[name="rule-connection"]').value;
    const event = form.querySelector('[name="rule-event"]').value;
    const known = json("events")[connection] || {}, fact = known[event] || { seen: "", note: "" };
    place.textContent = connection && event ? `${json("seen-words")[fact.seen]}. ${fact.note}`.trim() : "—";
  }

  // Which list of suggestions an input takes: by its action's connection, or by its row's field and the rule's connection.
  function listOf(input) {
    const kind = input.dataset.choice, places = json("choice-places");
    if (kind) return places[input.closest("[data-part]").querySelector('select[name$="-connection"]').value]?.kinds[kind];
    const connection = document.querySelector('[name="rule-connection"]').value;
    return places[connection]?.fields[input.closest("[data-row]").querySelector('[name$="-field"]').value.trim()];
  }

  const optionOf = (list, text) => {
    const most = Number(list.dataset.significant) || undefined;
    return [...list.options].find((option) => option.value.slice(0, most) === text.slice(0, most))
      || [...list.options].find((option) => option.textContent.split(" · ")[0].toLowerCase() === text.toLowerCase());
  };

  function said(list, text) {
    if (list.dataset.unread || !text || text.includes("{")) return list.dataset.unread;
    const parts = optionOf(list, text) ? [text] : text.split(",").map((part) => part.trim()).filter(Boolean);
    const strange = parts.filter((part) => !optionOf(list, part));
    if (strange.length) return `${list.dataset.unknown} ${strange.join(", ")}`;
    const meant = parts.map((part) => optionOf(list, part).textContent);
    return meant.length === 1 ? meant[0] : meant.map((text) => text.split(" · ")[0]).filter(Boolean).join(", ");
  }

  function offer(input) {
    const list = document.getElementById(listOf(input) || "");
    if (list) input.setAttribute("list", list.id); else input.removeAttribute("list");
    input.parentElement.querySelector("[data-said]").textContent = list ? said(list, input.value.trim()) : "";
  }

  function offerIn(target) {
    const everywhere = target.name === "rule-connection";
    (everywhere ? document : target.closest("[data-row]"))?.querySelectorAll("[data-choice]").forEach(offer);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add], [data-up], [data-down], [data-remove]");
    if (!button) return;
    const row = button.closest("[data-row]");
    if ("add" in button.dataset) add(button.parentElement);
    else if ("remove" in button.dataset) remove(row);
    else move(row, "up" in button.dataset ? -1 : 1);
    button.closest("form")?.dispatchEvent(new Event("change"));
  });

  document.addEventListener("DOMContentLoaded", () => {
    prepare(document);
    document.querySelector(".cw-wrong .cw-problem")?.closest(".cw-wrong").querySelector("input, select, textarea")?.focus();
    document.querySelectorAll("[data-rows]").forEach((box) => {
      number(box);
      box.addEventListener("change", (event) => {
        if (event.target.matches('[data-action] select[name$="-name"]')) choose(event.target.closest("[data-row]"));
      });
    });
    const objects = json("objects");
    document.querySelectorAll('[data-objects] select[name$="_connection"]').forEach((select) => {
      suggest(select, objects);
      select.addEventListener("change", () => suggest(select, objects));
    });
    document.querySelectorAll("form:has([data-seen])").forEach((form) => {
      form.querySelectorAll('[name="rule-connection"], [name="rule-event"]').forEach((input) => {
        input.addEventListener("change", () => tell(form));
      });
    });
    if (document.getElementById("choice-places")) {
      for (const kind of ["input", "change"]) document.addEventListener(kind, (event) => { if (event.target.name) offerIn(event.target); });
    }
    document.querySelectorAll("form[data-guard]").forEach((form) => {
      let touched = false;
      form.addEventListener("change", () => { touched = true; });
      form.addEventListener("submit", () => { touched = false; });
      window.addEventListener("beforeunload", (event) => { if (touched) event.preventDefault(); });
    });
  });
})();
