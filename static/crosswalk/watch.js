// Copies what a copy button stands for, and keeps the dashboard fresh while somebody looks at it.
(() => {
  const REFRESH_MS = 5000;

  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const field = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    event.preventDefault();
    await copy(button.dataset.copy);
    button.classList.add("cw-copied");
    button.querySelector(".material-symbols-outlined").textContent = "check";
  });

  const redraw = (fresh) => {
    const here = document.querySelector("#cw-chart canvas");
    const there = fresh.querySelector("#cw-chart canvas");
    const chart = here && there && window.Chart && Chart.getChart(here);
    if (!chart) return;
    const data = JSON.parse(there.dataset.value);
    chart.data.labels = data.labels;
    data.datasets.forEach((set, index) => (chart.data.datasets[index].data = set.data));
    chart.update("none");
  };

  // Somebody who is typing, tabbing or has a question open is not interrupted.
  const isBusy = (live) => document.hidden || live.contains(document.activeElement) || live.querySelector("details[open]");

  const refresh = async () => {
    const live = document.getElementById("cw-live");
    if (!live || isBusy(live)) return;
    const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = fresh.getElementById("cw-live");
    if (!next || isBusy(live)) return;
    live.replaceWith(next);
    redraw(fresh);
  };

  document.addEventListener("DOMContentLoaded", () => {
    if (document.getElementById("cw-live")) setInterval(refresh, REFRESH_MS);
  });
})();
