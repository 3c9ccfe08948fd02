const wave = $("wave"), overview = $("overview");
const view = { from: 0, to: 1 };
let now = 0, following = true;
const LABELS = 20, LANE = data.reference ? 30 : 0, SPACE = 8, AXIS = 20, LABEL = 19; // LABEL: width of "S1"

function setView(from, span) {
  span = clamp(span, Math.min(0.3, data.seconds), data.seconds);
  view.from = clamp(from, 0, data.seconds - span);
  view.to = view.from + span;
  redraw();
}
function zoom(factor, around) {
  const span = view.to - view.from, share = clamp((around - view.from) / span, 0, 1);
  const next = clamp(span * factor, Math.min(0.3, data.seconds), data.seconds);
  setView(around - share * next, next);
}
const middle = () => (now >= view.from && now <= view.to ? now : (view.from + view.to) / 2);

let asked = 0;
function redraw() {
  if (!asked) asked = requestAnimationFrame(() => { asked = 0; draw(); });
}
/** The kind, start and end of each sound of a list that is at least partly in view. */
const inView = (list) => {
  const first = firstAfter(list, view.from), rest = list.slice(first);
  const end = rest.findIndex((sound) => sound[1] >= view.to);
  return end < 0 ? rest : rest.slice(0, end);
};
/** The names of sounds: all of them, or none where two would touch. Returns how many were written. */
function drawLabels(c, sounds, x, y) {
  const edge = LABEL / 2, right = wave.clientWidth - edge;
  const centres = sounds.map(([, onset, offset]) => clamp(x((onset + offset) / 2), edge, right));
  if (centres.some((at, i) => i && at - centres[i - 1] < LABEL)) return 0;
  c.textAlign = "center";
  sounds.forEach(([kind], i) => {
    c.fillStyle = colours[`s${kind}`];
    c.fillText(`S${kind}`, centres[i], y);
  });
  return sounds.length;
}
/** Spans of time as grey bands, with a word where it fits. */
function drawBands(c, spans, x, tall, word) {
  c.textAlign = "center";
  for (const [start, end] of spans) {
    const left = Math.max(0, x(start)), right = Math.min(wave.clientWidth, x(end));
    if (right <= left) continue;
    c.globalAlpha = 0.5;
    c.fillStyle = colours.line;
    c.fillRect(left, LABELS, right - left, tall);
    c.globalAlpha = 1;
    c.fillStyle = colours.quiet;
    if (right - left > c.measureText(word).width + 8) c.fillText(word, (left + right) / 2, LABELS - 6);
  }
}
function drawReference(c, x, bottom, width) {
  c.globalAlpha = 0.5;
  c.fillStyle = colours.line;
  for (const [start, end] of data.reference.spans) c.fillRect(x(start), bottom, x(end) - x(start), LANE);
  c.globalAlpha = 1;
  const sounds = inView(data.reference.sounds);
  for (const [kind, onset, offset] of sounds) {
    c.fillStyle = colours[`s${kind}`];
    c.fillRect(x(onset) - (onset === offset), bottom + 3, Math.max(2, x(offset) - x(onset)), 10);
  }
  drawLabels(c, sounds, x, bottom + 26);
  c.strokeStyle = colours.line;
  c.strokeRect(-1, bottom + 0.5, width + 2, LANE);
}
function draw() {
  const [c, width, height] = context(wave);
  const perSecond = width / (view.to - view.from), x = (t) => (t - view.from) * perSecond;
  const pitches = Math.round((height - AXIS) / 3), bottom = height - AXIS - pitches - SPACE - LANE, tall = bottom - LABELS;
  drawBands(c, data.unnamed, x, tall, "not named");
  drawBands(c, data.gaps, x, tall, "not heard");
  const sounds = inView(data.sounds);
  for (const [kind, onset, offset] of sounds) {
    c.fillStyle = colours[`s${kind}-back`];
    c.fillRect(x(onset), LABELS, (offset - onset) * perSecond, tall);
  }
  const drawn = drawWave(c, view.from, view.to, width, LABELS, tall);
  c.font = "600 12px system-ui, sans-serif";
  root.dataset.labels = String(drawLabels(c, sounds, x, 14));
  c.font = "12px system-ui, sans-serif";
  if (data.reference) drawReference(c, x, bottom, width);
  drawSpectrum(c, x, height - AXIS - pitches, width, pitches);
  axis(c, x, width, height);
  c.fillStyle = colours.head;
  c.fillRect(x(now) - 1, 0, 2, height - AXIS);
  root.dataset.drawn = String(drawn);
  root.dataset.view = `${view.from.toFixed(3)} ${view.to.toFixed(3)}`;
  drawOverview();
}
const STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];
function clock(t, step = 1) {
  if (data.seconds < 60) return `${t.toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0)} s`;
  const minutes = Math.floor(t / 60 + 1e-6), s = (t - minutes * 60).toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0);
  return `${minutes}:${s.padStart(s.includes(".") ? s.length + (s.indexOf(".") < 2) : 2, "0")}`;
}
const stepFor = (span, most) => STEPS.find((s) => span / s <= most) || STEPS[STEPS.length - 1];
function axis(c, x, width, height) {
  const step = stepFor(view.to - view.from, width / 75);
  c.fillStyle = colours.quiet;
  for (let i = Math.ceil(view.from / step); i * step <= view.to; i++) {
    const at = x(i * step);
    c.fillRect(at, height - AXIS, 1, 4);
    c.textAlign = at < 18 ? "left" : at > width - 18 ? "right" : "center";
    c.fillText(clock(i * step, step), at, height - 4);
  }
}
let strip = null; // the whole recording, drawn once for a width and a theme
function drawOverview() {
  const [c, width, height] = context(overview);
  if (!strip || strip.width !== overview.width) {
    strip = document.createElement("canvas");
    strip.width = overview.width;
    strip.height = overview.height;
    const s = strip.getContext("2d");
    s.scale(overview.width / width, overview.height / height);
    drawWave(s, 0, data.seconds, width, 2, height - 4);
  }
  c.drawImage(strip, 0, 0, width, height);
  const x = (t) => (t / data.seconds) * width;
  c.globalAlpha = 0.6;
  c.fillStyle = colours.card;
  c.fillRect(0, 0, x(view.from), height);
  c.fillRect(x(view.to), 0, width, height);
  c.globalAlpha = 1;
  c.strokeStyle = colours.ink;
  c.strokeRect(x(view.from) + 0.5, 0.5, Math.max(2, x(view.to) - x(view.from)) - 1, height - 1);
  c.fillStyle = colours.head;
  c.fillRect(x(now) - 0.5, 0, 1, height);
}

// The playhead.
const rows = [...$("beats").rows];
const begins = rows.map((row) => Number(row.dataset.at));
let marked = null;
function show(t) {
  now = t;
  wave.setAttribute("aria-valuenow", t.toFixed(2));
  wave.setAttribute("aria-valuetext", clock(t, 0.1));
  const span = view.to - view.from;
  if (following && (t < view.from || t > view.to)) setView(t - span * 0.1, span);
  const row = rows[begins.findLastIndex((b) => b <= t)] || null;
  if (row !== marked) {
    marked?.classList.remove("now");
    row?.classList.add("now");
    marked = row;
    if (following && row) reveal(row);
  }
  for (const cursor of document.querySelectorAll(".cursor")) {
    const x = Number(cursor.dataset.left) + (t / data.seconds) * Number(cursor.dataset.width);
    cursor.setAttribute("transform", `translate(${x.toFixed(1)} 0)`);
  }
  redraw();
}
/** Scroll the table, and nothing else, to a row. */
function reveal(row) {
  const box = document.querySelector(".scroll"), head = box.querySelector("thead").offsetHeight;
  const top = row.offsetTop - head, below = row.offsetTop + row.offsetHeight - box.clientHeight;
  box.scrollTop = clamp(box.scrollTop, below, top);
}
function tick() {
  show(audio.currentTime);
  if (!audio.paused) requestAnimationFrame(tick);
}
audio.onplay = () => { following = true; tick(); };
audio.onseeked = audio.onpause = audio.ontimeupdate = () => show(audio.currentTime);
$("beats").onclick = (e) => {
  const row = e.target.closest("tr");
  if (!row) return;
  following = true;
  const at = Number(row.dataset.at), span = view.to - view.from;
  if (at < view.from || at > view.to - span / 5) setView(at - span / 5, span);
  seek(at, true);
  wave.scrollIntoView({ block: "nearest" });
};
