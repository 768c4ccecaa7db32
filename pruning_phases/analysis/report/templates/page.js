"use strict";

// Sorting of tables, colours of the page, and what is remembered while a live page renews itself.

const storage = {
  get(key) { try { return sessionStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { sessionStorage.setItem(key, value); } catch { /* forbidden: not kept */ } },
};

function compareCells(one, other) {
  const [a, b] = [one, other].map((cell) => cell.dataset.value);
  if (a !== undefined && b !== undefined) return Number(a) - Number(b);
  if (a !== undefined || b !== undefined) return a !== undefined ? -1 : 1;
  return one.textContent.localeCompare(other.textContent, "en", { numeric: true });
}

function sortBy(heading) {
  const descending = heading.getAttribute("aria-sort") === "ascending";
  for (const other of heading.parentElement.children) other.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const body = heading.closest("table").tBodies[0];
  const rows = [...body.rows];
  const sign = descending ? -1 : 1;
  rows.sort((a, b) => sign * compareCells(a.cells[heading.cellIndex], b.cells[heading.cellIndex]));
  body.append(...rows);
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function watchTheme(redraw) {
  const select = document.getElementById("theme");
  const apply = () => {
    if (select.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = select.value;
    storage.set("theme", select.value);
    redraw();
  };
  select.value = storage.get("theme") || "auto";
  select.addEventListener("change", apply);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  apply();
}

function watchTables() {
  for (const button of document.querySelectorAll("th .sort")) {
    button.addEventListener("click", () => sortBy(button.closest("th")));
  }
}

// A live page asks for its version, and reloads when there is a new one; the browser keeps the
// scrolled position.
function watchRuns(status, seconds) {
  let version = null;
  const look = async () => {
    try {
      const answer = await (await fetch("version", { cache: "no-store" })).json();
      if (version !== null && version !== answer.version) location.reload();
      version = answer.version;
      status.textContent = `live, renewed ${answer.made}`;
    } catch {
      status.textContent = "live: the command that serves this page has ended";
    }
  };
  look();
  setInterval(look, 1000 * seconds);
}

async function unpacked(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

async function loadPlotly() {
  const packed = document.getElementById("plotly");
  const script = document.createElement("script");
  script.nonce = packed.nonce;
  script.textContent = await unpacked(packed.textContent);
  document.head.append(script);
}
