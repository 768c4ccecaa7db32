"use strict";

// Start of the page: tables at once, figures when they come near the window.

watchTables();
const groups = new Map();
const drawn = new Map(); // plot -> function that draws it

function collectFigures() {
  for (const script of document.querySelectorAll("script.data")) {
    const data = JSON.parse(script.textContent);
    const section = script.closest(".study");
    for (const root of section.querySelectorAll(".curves")) {
      const curves = new Curves(root, data[root.dataset.kind]);
      groups.set(root, curves);
      for (const plot of curves.plots) drawn.set(plot, () => curves.draw(plot));
    }
    for (const plot of section.querySelectorAll(".maps .plot")) {
      drawn.set(plot, () => drawMap(plot, data.maps[Number(plot.dataset.map)]));
    }
  }
}

const done = new Set();

function drawOnce(plot) {
  if (done.has(plot)) return;
  done.add(plot);
  drawn.get(plot)();
}

function redrawAll() {
  for (const plot of done) drawn.get(plot)();
  for (const [root, curves] of groups) {
    for (const button of root.querySelectorAll(".legend button")) {
      swatch(button.querySelector("svg"), curves.data.systems[Number(button.dataset.system)].style);
    }
  }
}

async function start() {
  try {
    await loadPlotly();
  } catch {
    for (const plot of document.querySelectorAll(".plot")) plot.textContent = "This browser is too old for the figures.";
    return;
  }
  collectFigures();
  watchTheme(redrawAll);
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) drawOnce(entry.target);
  }, { rootMargin: "800px" });
  for (const plot of drawn.keys()) near.observe(plot);
  document.documentElement.dataset.ready = "true";
}

// On paper every figure and every folded table is there, in the light colours.
const folded = new Set();
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details:not([open])")) {
    details.open = true;
    folded.add(details);
  }
  document.documentElement.dataset.theme = "light";
  for (const plot of drawn.keys()) drawOnce(plot);
  redrawAll();
});
addEventListener("afterprint", () => {
  for (const details of folded) details.open = false;
  folded.clear();
  document.getElementById("theme").dispatchEvent(new Event("change"));
});

const live = document.getElementById("live");
if (live) watchRuns(live, 3);
start();
