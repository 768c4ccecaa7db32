"use strict";

// Figures of the page. Data come from the script elements of the studies; names in them are escaped,
// since plotly reads some tags in its texts.

const escaped = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A value with its error, both to two digits of the error.
function withError(value, error) {
  if (value === null) return "not known";
  if (!error) return String(value);
  const digits = Math.max(0, 1 - Math.floor(Math.log10(error)));
  if (digits > 8) return `${value.toExponential(3)} ± ${error.toExponential(1)}`;
  return `${value.toFixed(digits)} ± ${error.toFixed(digits)}`;
}

function translucent(colour, alpha) {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return `rgba(${parts.join(",")},${alpha})`;
}

function layoutOf(horizontal, vertical) {
  const line = ink("--line");
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, ticks: "outside", tickcolor: line, automargin: true };
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: ink("--ink"), size: 12, family: "system-ui, sans-serif" },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: ink("--soft"), activecolor: ink("--accent") },
    margin: { l: 52, r: 12, t: 26, b: 44 }, showlegend: false, hovermode: "closest", dragmode: "zoom",
    hoverlabel: { bgcolor: ink("--shade"), font: { color: ink("--ink") }, bordercolor: line, align: "left", namelength: -1 },
    xaxis: { ...axis, ...horizontal }, yaxis: { ...axis, ...vertical },
  };
}

const NARROW = 430; // pixels of a figure below which its axis has the short label

const settings = {
  responsive: true, displaylogo: false, scrollZoom: false, displayModeBar: "hover",
  modeBarButtons: [["toImage"], ["zoom2d", "pan2d"], ["zoomIn2d", "zoomOut2d", "resetScale2d"]],
};

// -- curves of the systems of one study ---------------------------------------------------------------

class Curves {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.hidden = new Set(data.hidden);
    this.range = null; // of the horizontal axis, the same in all panels
    this.drawn = new Set();
    this.plots = [...root.querySelectorAll(".plot")];
    this.key = `${root.dataset.kind} ${root.dataset.study}`;
    this.recall();
    this.watch();
  }

  find(selector) { return this.root.querySelector(selector); }
  checked(selector) { const box = this.find(selector); return box !== null && box.checked; }
  get control() { return this.find(".axis").value; }

  recall() {
    const kept = JSON.parse(storage.get(this.key) || "null");
    if (!kept) return;
    for (const [selector, value] of Object.entries(kept.boxes)) {
      const box = this.find(selector);
      if (box) box.checked = value;
    }
    if (kept.control in this.data.controls) this.find(".axis").value = kept.control;
    const names = new Set(kept.hidden);
    this.hidden.clear();
    this.data.systems.forEach((system, index) => { if (names.has(system.name)) this.hidden.add(index); });
    this.range = kept.range;
  }

  keep() {
    const boxes = {};
    for (const selector of [".logarithmic", ".bands", ".singles"]) boxes[selector] = this.checked(selector);
    const hidden = [...this.hidden].map((index) => this.data.systems[index].name);
    storage.set(this.key, JSON.stringify({ boxes, hidden, control: this.control, range: this.range }));
  }

  watch() {
    for (const selector of [".axis", ".logarithmic"]) {
      this.find(selector).addEventListener("change", () => { this.range = null; this.redraw(); });
    }
    for (const selector of [".bands", ".singles"]) {
      const box = this.find(selector);
      if (box) box.addEventListener("change", () => this.redraw());
    }
    this.find(".reset").addEventListener("click", () => { this.range = null; this.redraw(); });
    for (const button of this.root.querySelectorAll(".legend button")) {
      const index = Number(button.dataset.system);
      swatch(button.querySelector("svg"), this.data.systems[index].style);
      button.addEventListener("click", () => this.toggle([index], this.hidden.has(index)));
      button.addEventListener("dblclick", () => this.alone(index));
    }
    for (const box of this.root.querySelectorAll(".facet input")) {
      box.addEventListener("change", () => this.toggle(box.dataset.systems.split(" ").map(Number), box.checked));
    }
    this.showPressed();
  }

  toggle(indices, visible) {
    for (const index of indices) visible ? this.hidden.delete(index) : this.hidden.add(index);
    this.redraw();
  }

  alone(index) {
    const others = this.data.systems.map((_, other) => other).filter((other) => other !== index);
    const isAlone = others.every((other) => this.hidden.has(other));
    this.hidden = new Set(isAlone ? [] : others);
    this.redraw();
  }

  showPressed() {
    for (const button of this.root.querySelectorAll(".legend button")) {
      button.setAttribute("aria-pressed", String(!this.hidden.has(Number(button.dataset.system))));
    }
    for (const box of this.root.querySelectorAll(".facet input")) {
      const indices = box.dataset.systems.split(" ").map(Number);
      const shown = indices.filter((index) => !this.hidden.has(index)).length;
      box.checked = shown > 0;
      box.indeterminate = shown > 0 && shown < indices.length;
    }
  }

  redraw() {
    this.showPressed();
    this.keep();
    for (const plot of this.plots) if (this.drawn.has(plot)) this.draw(plot);
  }

  draw(plot) {
    const name = plot.dataset.panel;
    const panel = this.data.panels[name];
    const traces = this.data.systems.flatMap((system, index) => (
      this.hidden.has(index) ? [] : this.tracesOf(system, index, name)));
    const logarithmic = this.checked(".logarithmic");
    const control = this.data.controls[this.control];
    const horizontal = {
      title: { text: escaped(plot.clientWidth < NARROW ? control.short : control.label), standoff: 8 },
      type: logarithmic ? "log" : "linear", exponentformat: "power",
      autorange: this.range ? false : this.data.reversed ? "reversed" : true,
    };
    if (this.range) horizontal.range = this.range;
    const layout = layoutOf(horizontal, { type: panel.scale === "log" ? "log" : "linear" });
    layout.shapes = panel.references.map((one) => ({
      type: "line", xref: "paper", x0: 0, x1: 1, y0: one.value, y1: one.value,
      line: { color: ink("--soft"), width: 1, dash: "dot" },
    }));
    layout.annotations = panel.references.map((one) => ({
      xref: "paper", x: 0, xanchor: "left", y: one.value, yanchor: "bottom", text: escaped(one.text),
      showarrow: false, font: { size: 11, color: ink("--soft") },
    }));
    Plotly.react(plot, traces, layout, settings);
    if (!this.drawn.has(plot)) {
      this.drawn.add(plot);
      plot.on("plotly_relayout", (change) => this.follow(plot, change));
    }
  }

  // A zoom in one panel is a zoom in all.
  follow(plot, change) {
    if (this.following) return;
    let range = this.range;
    if ("xaxis.range[0]" in change) range = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    else if ("xaxis.autorange" in change) range = null;
    else return;
    this.range = range;
    this.following = true;
    for (const other of this.plots) if (other !== plot && this.drawn.has(other)) this.draw(other);
    if (range === null) this.draw(plot);
    this.following = false;
    this.keep();
  }

  tracesOf(system, index, name) {
    const curve = system.curves[name];
    if (!curve || !(this.control in curve.x)) return [];
    const colour = system.style[isDark() ? "dark" : "light"];
    const common = { name: escaped(system.name), legendgroup: String(index), meta: index };
    const traces = [];
    const x = curve.x[this.control];
    if (this.checked(".bands") && curve.error.some((one) => one !== null)) traces.push(band(x, curve, colour, common));
    if (this.checked(".singles")) traces.push(this.singles(curve, colour, common));
    traces.push({
      ...common, x, y: curve.mean, mode: "lines+markers",
      line: { color: colour, width: 1.8, dash: system.style.dash },
      marker: { color: colour, symbol: system.style.symbol, size: 7, maxdisplayed: 40 },
      customdata: x.map((_, at) => [
        this.place(curve.x, at), withError(curve.mean[at], curve.error[at]), curve.replicas.length]),
      hovertemplate: hover("mean of %{customdata[2]} replicas: %{customdata[1]}"),
    });
    if (name === "accuracy") traces.push(...this.halves(system, colour, common));
    return traces;
  }

  // The control parameters of a point, always those that its figure tells of, one line each.
  place(controls, at) {
    const told = new Set([...this.data.told, this.control]);
    return [...told].filter((name) => name in controls).map((name) => (
      `${escaped(this.data.controls[name].short)} ${controls[name][at]}`)).join("<br>");
  }

  // All replicas as one trace of thin lines, apart from each other by gaps.
  singles(curve, colour, common) {
    const x = [], y = [], custom = [];
    const at = curve.single_x;
    curve.single.forEach((values, replica) => {
      values.forEach((value, step) => {
        x.push(at[this.control][step]);
        y.push(value);
        custom.push([this.place(at, step), value, escaped(curve.replicas[replica] ?? replica)]);
      });
      x.push(null); y.push(null); custom.push([null, null, null]);
    });
    return {
      ...common, x, y, customdata: custom, mode: "lines", connectgaps: false,
      line: { color: translucent(colour, 0.4), width: 0.7 },
      hovertemplate: hover("replica %{customdata[2]}: %{customdata[1]}"),
    };
  }

  halves(system, colour, common) {
    const at = system.half && system.half.at[this.control];
    if (!at) return [];
    const text = withError(at.value, at.error);
    return [{
      ...common, x: [at.value], y: [system.half.accuracy], mode: "markers",
      error_x: { type: "data", array: [at.error], color: colour, thickness: 1.5, width: 4 },
      marker: { color: ink("--paper"), size: 10, symbol: system.style.symbol, line: { color: colour, width: 2 } },
      hovertemplate: `<b>%{fullData.name}</b><br>half of the accuracy above chance<br>${this.data.controls[this.control].short} ${text}<extra></extra>`,
    }];
  }
}

function hover(line) {
  return `<b>%{fullData.name}</b><br>%{customdata[0]}<br>${line}<extra></extra>`;
}

function band(x, curve, colour, common) {
  const known = x.map((_, at) => at).filter((at) => curve.mean[at] !== null && curve.error[at] !== null);
  const back = [...known].reverse();
  return {
    ...common, hoverinfo: "skip", mode: "lines", line: { width: 0 }, fill: "toself",
    fillcolor: translucent(colour, 0.22), x: [...known, ...back].map((at) => x[at]),
    y: [...known.map((at) => curve.mean[at] + curve.error[at]), ...back.map((at) => curve.mean[at] - curve.error[at])],
  };
}

// The sample of a system's line and marker in the legend, as plotly draws them.
function swatch(svg, style) {
  const dashes = { solid: "", dash: "9,5", dashdot: "9,4,2,4", dot: "2,4" };
  const paths = {
    circle: "M5,0A5,5 0 1,1 -5,0A5,5 0 1,1 5,0Z", square: "M-4.5,-4.5H4.5V4.5H-4.5Z", diamond: "M0,-6L6,0L0,6L-6,0Z",
    "triangle-up": "M0,-6L5.5,4H-5.5Z", "triangle-down": "M0,6L5.5,-4H-5.5Z", "triangle-left": "M-6,0L4,5.5V-5.5Z",
    "triangle-right": "M6,0L-4,5.5V-5.5Z", cross: "M-2,-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z",
    x: "M-6,-3L-3,-6L0,-3L3,-6L6,-3L3,0L6,3L3,6L0,3L-3,6L-6,3L-3,0Z",
    star: "M0,-6.5L1.9,-2.2L6.4,-2L2.8,0.9L4,5.3L0,2.8L-4,5.3L-2.8,0.9L-6.4,-2L-1.9,-2.2Z",
  };
  const draw = (kind, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", kind);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    svg.append(node);
  };
  svg.replaceChildren();
  const colour = style[isDark() ? "dark" : "light"];
  draw("path", { d: "M-22,0H22", stroke: colour, "stroke-width": 2, "stroke-dasharray": dashes[style.dash] });
  draw("path", { d: paths[style.symbol], fill: colour });
}

// -- phase diagrams ----------------------------------------------------------------------------

function drawMap(plot, map) {
  const phases = plot.dataset.kind === "phase";
  const horizontal = { title: { text: escaped(map.label), standoff: 8 } };
  if (map.axis === "density") Object.assign(horizontal, { type: "log", exponentformat: "power" });
  const layout = layoutOf(
    { ...horizontal, range: ends(map.x, map.axis === "density"), showgrid: false, zeroline: false },
    { title: { text: "dropout in training p_train", standoff: 8 }, range: ends(map.y, false), showgrid: false, zeroline: false });
  layout.plot_bgcolor = ink("--line"); // seen as lines between the cells
  const custom = map.text.map((row) => row.map((lines) => lines.map(escaped).join("<br>")));
  const shown = {
    type: "heatmap", x: map.x, y: map.y, customdata: custom, xgap: 1, ygap: 1, hoverongaps: false,
    hovertemplate: `${escaped(map.axis)} %{x:.4~g}, p_train %{y:.4~g}<br>%{customdata}<extra></extra>`,
  };
  if (phases) {
    const steps = map.colours.length;
    const scale = map.colours.flatMap((colour, at) => [[at / steps, colour], [(at + 1) / steps, colour]]);
    Object.assign(shown, {
      z: map.phase, zmin: -0.5, zmax: steps - 0.5, colorscale: scale, showscale: false,
      text: map.letter, texttemplate: "%{text}", textfont: { color: "#111111", size: 13 },
    });
  } else {
    Object.assign(shown, { z: map.alpha, colorscale: "Cividis", colorbar: { title: { text: "α" }, thickness: 12, outlinewidth: 0 } });
  }
  Plotly.react(plot, [shown, ...boundaryTraces(map)], { ...layout, ...beginOfAmentia(map) }, settings);
}

// The outer edges of the cells around these centres, whatever the boundaries' errors need.
function ends(centres, reversed) {
  const at = reversed ? centres.map(Math.log10) : centres;
  const last = at.length - 1;
  if (last < 1) return [at[0] - 0.5, at[0] + 0.5];
  const range = [at[0] - (at[1] - at[0]) / 2, at[last] + (at[last] - at[last - 1]) / 2];
  return reversed ? range.reverse() : range;
}

function boundaryTraces(map) {
  const ends = map.boundaries.filter((one) => one.p_train !== null);
  if (!ends.length) return [];
  const at = { x: ends.map((one) => one.value), y: ends.map((one) => one.p_train), mode: "markers", name: "end of eumentia" };
  const errors = ends.map((one) => one.error);
  // A white line below the black one shows on dark cells.
  return [{
    ...at, error_x: { type: "data", array: errors, color: "#ffffff", thickness: 5, width: 6 }, marker: { size: 11, color: "#ffffff" }, hoverinfo: "skip",
  }, {
    ...at, error_x: { type: "data", array: errors, color: "#000000", thickness: 1.6, width: 4 },
    marker: { size: 8, color: "#ffffff", line: { color: "#000000", width: 1.5 } },
    customdata: ends.map((one) => withError(one.value, one.error)),
    hovertemplate: "end of eumentia: %{customdata}<br>p_train %{y}<extra></extra>",
  }];
}

function beginOfAmentia(map) {
  const lines = map.boundaries.filter((one) => one.p_train === null);
  return {
    shapes: lines.flatMap((one) => [["#ffffff", 4, "solid"], ["#000000", 1.6, "dash"]].map(([color, width, dash]) => ({
      type: "line", xref: "paper", x0: 0, x1: 1, y0: one.value, y1: one.value, line: { color, width, dash },
    }))),
  };
}
