// Charts.
const svg = (width, height, label, inside) =>
  `<svg viewBox="0 0 ${width} ${height}" height="${height}" role="img" aria-label="${label}">${inside}</svg>`;
const text = (x, y, s, anchor = "middle", name = "") =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" class="${name}">${s}</text>`;
const line = (points, x, y) => {
  let path = "", pen = "M";
  for (const [a, b] of points) {
    if (b === null) { pen = "M"; continue; }
    path += `${pen}${x(a).toFixed(1)} ${y(b).toFixed(1)}`;
    pen = "L";
  }
  return path;
};
/** A chart over the time of the recording, with the playhead; a click in it seeks. */
function overTime(box, height, low, high, ticks, label, draw) {
  const left = 34, width = box.clientWidth, w = width - left - 8, base = height - 20;
  const x = (t) => left + (t / data.seconds) * w, y = (v) => base - ((v - low) / (high - low)) * (base - 8);
  let inside = "";
  for (const v of ticks)
    inside += `<line class="grid" x1="${left}" x2="${left + w}" y1="${y(v)}" y2="${y(v)}"/>${text(left - 6, y(v) + 4, v, "end")}`;
  const step = stepFor(data.seconds, w / 75);
  for (let i = 0; i * step <= data.seconds; i++) inside += text(x(i * step), height - 4, clock(i * step, step));
  inside += draw(x, y) + `<line class="cursor" y1="4" y2="${base}" data-left="${left}" data-width="${w}"/>`;
  box.innerHTML = svg(width, height, label, inside);
  box.onclick = (e) => {
    following = true;
    seek(((e.clientX - box.getBoundingClientRect().left - left) / w) * data.seconds, true);
  };
}
function drawRate() {
  const known = data.rates.concat(data.reference ? data.reference.rates : []).map((p) => p[1]).filter((v) => v !== null);
  if (!known.length) { $("rate").textContent = "No two beats in a row were heard."; return; }
  known.sort((a, b) => a - b);
  const edge = (q) => known[Math.round(q * (known.length - 1))];
  const low = Math.floor((edge(0.01) - 4) / 10) * 10, high = Math.ceil((edge(0.99) + 4) / 10) * 10;
  const step = [5, 10, 20, 50].find((s) => (high - low) / s <= 6) || 100;
  const ticks = [];
  for (let v = Math.ceil(low / step) * step; v <= high; v += step) ticks.push(v);
  const inside = (points) => points.map(([t, v]) => [t, v === null ? null : clamp(v, low, high)]);
  overTime($("rate"), 170, low, high, ticks, `Heart rate, median ${data.medians.bpm} beats a minute`, (x, y) =>
    (data.reference ? `<path class="other" d="${line(inside(data.reference.rates), x, y)}"/>` : "") +
    `<path class="curve" d="${line(inside(data.rates), x, y)}"/>` +
    (data.rates.length > 300 ? "" : inside(data.rates).filter((p) => p[1] !== null)
      .map(([t, v]) => `<circle class="dot" r="2" cx="${x(t).toFixed(1)}" cy="${y(v).toFixed(1)}"/>`).join("")));
}
function drawSpread(id, name) {
  const values = data.intervals[id], middle = data.medians[id] === "–" ? "" : `median ${data.medians[id]} ms`;
  const box = $(id), width = box.clientWidth, height = 120, base = 96;
  if (!values.length) { box.innerHTML = svg(width, 20, name, text(0, 14, `${name}: none`, "start", "name")); return; }
  const sorted = [...values].sort((a, b) => a - b), edge = (q) => sorted[Math.round(q * (sorted.length - 1))];
  const bin = [10, 20, 50, 100].find((b) => (edge(0.98) - edge(0.02)) / b <= 24) || 200;
  const low = Math.round(edge(0.02) / bin) - 1, count = Math.round(edge(0.98) / bin) + 2 - low;
  const bars = new Array(count).fill(0);
  for (const v of values) bars[clamp(Math.round(v / bin) - low, 0, count - 1)]++;
  const most = Math.max(...bars), w = width / count;
  let inside = text(0, 12, `${name}`, "start", "name") + text(width, 12, middle, "end");
  bars.forEach((n, i) => {
    const h = (n / most) * (base - 24);
    if (n) inside += `<rect class="area" x="${(i * w + 0.5).toFixed(1)}" y="${base - h}" width="${Math.max(1, w - 1).toFixed(1)}" height="${h}"><title>${n} of ${(i + low) * bin} ± ${bin / 2} ms</title></rect>`;
  });
  inside += `<line class="grid" x2="${width}" y1="${base}" y2="${base}"/>` + text(0, height - 6, `${low * bin} ms`, "start") +
    text(width, height - 6, `${(low + count - 1) * bin} ms`, "end");
  box.innerHTML = svg(width, height, `${name} of ${values.length} beats ${middle}`, inside);
}
function drawCharts() {
  drawRate();
  drawBeat();
  drawSpread("rr", "RR");
  drawSpread("s1_s2", "S1–S2");
  drawSpread("s2_s1", "S2–S1");
  overTime($("evidence"), 90, 0, 100, [0, 50, 100], "Evidence of a heart over time, percent", (x, y) =>
    `<path class="curve" d="${line(data.evidence, x, y)}"/>`);
  show(now);
}

// Everything at once, and again where the width or the theme changes.
function fresh() {
  readColours();
  strip = picture = null;
  drawCharts();
}
function paper(prints) {
  root.classList.toggle("paper", prints);
  fresh();
  draw();
}
window.onbeforeprint = () => paper(true);
window.onafterprint = () => paper(false);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", fresh);
new ResizeObserver(fresh).observe(document.querySelector("main"));
wave.setAttribute("aria-valuemax", data.seconds.toFixed(2));
view.to = clamp(wave.clientWidth / 110, Math.min(3, data.seconds), data.seconds);
fresh();
root.dataset.ready = "1";
