const wave = $("wave"), overview = $("overview");
const view = { from: 0, to: 1 };
let now = 0, following = true;
const LABELS = 20, LANE = data.reference ? 30 : 0, AXIS = 20;

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
function draw() {
  const [c, width, height] = context(wave);
  const perSecond = width / (view.to - view.from), x = (t) => (t - view.from) * perSecond;
  const bottom = height - AXIS - LANE, tall = bottom - LABELS;
  for (const [start, end] of data.gaps) {
    c.fillStyle = colours.line;
    c.fillRect(x(start), LABELS, (end - start) * perSecond, tall);
  }
  let right = -1e9;
  const shown = (list, each) => {
    for (let i = firstAfter(list, view.from); i < list.length && list[i][1] < view.to; i++) each(...list[i]);
  };
  shown(data.sounds, (kind, onset, offset) => {
    c.fillStyle = colours[`s${kind}-back`];
    c.fillRect(x(onset), LABELS, (offset - onset) * perSecond, tall);
  });
  const drawn = drawWave(c, view.from, view.to, width, LABELS, tall);
  const label = (kind, at, y) => {
    if (at - 9 < right) return;
    c.fillText(`S${kind}`, at, y);
    right = at + 9;
  };
  c.textAlign = "center";
  c.font = "600 12px system-ui, sans-serif";
  shown(data.sounds, (kind, onset, offset) => {
    c.fillStyle = colours[`s${kind}`];
    label(kind, x((onset + offset) / 2), 14);
  });
  c.font = "12px system-ui, sans-serif";
  if (data.reference) {
    right = -1e9;
    c.globalAlpha = 0.5;
    c.fillStyle = colours.line;
    for (const [start, end] of data.reference.spans) c.fillRect(x(start), bottom, (end - start) * perSecond, LANE);
    c.globalAlpha = 1;
    shown(data.reference.sounds, (kind, onset, offset) => {
      c.fillStyle = colours[`s${kind}`];
      c.fillRect(x(onset) - (onset === offset), bottom + 3, Math.max(2, (offset - onset) * perSecond), 10);
      label(kind, x((onset + offset) / 2), bottom + 26);
    });
    c.strokeStyle = colours.line;
    c.strokeRect(-1, bottom + 0.5, width + 2, LANE);
  }
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

// Pointers and keys.
const pointers = new Map();
let moved = false, pinch = 0;
const place = (e, canvas) => clamp((e.clientX - canvas.getBoundingClientRect().left) / canvas.clientWidth, 0, 1);
const timeAt = (e) => view.from + place(e, wave) * (view.to - view.from);
const spread = () => { const [a, b] = [...pointers.values()]; return [Math.abs(a - b), (a + b) / 2]; };
wave.onpointerdown = (e) => {
  wave.setPointerCapture(e.pointerId);
  pointers.set(e.pointerId, e.clientX);
  if (pointers.size === 1) moved = false;
  if (pointers.size === 2) { moved = true; pinch = spread()[0]; }
};
wave.onpointermove = (e) => {
  if (!pointers.has(e.pointerId)) return;
  const by = e.clientX - pointers.get(e.pointerId);
  if (!moved && Math.abs(by) < 5) return;
  moved = true;
  following = false;
  pointers.set(e.pointerId, e.clientX);
  if (pointers.size === 2) {
    const [wide, centre] = spread();
    if (wide > 10 && pinch > 10) zoom(pinch / wide, timeAt({ clientX: centre }));
    pinch = wide;
  } else if (pointers.size === 1) {
    setView(view.from - (by / wave.clientWidth) * (view.to - view.from), view.to - view.from);
  }
};
wave.onpointerup = (e) => {
  if (pointers.delete(e.pointerId) && !moved) seek(timeAt(e), true);
};
wave.onpointercancel = (e) => pointers.delete(e.pointerId);
wave.addEventListener("wheel", (e) => {
  const sideways = e.shiftKey && !e.deltaX ? e.deltaY : e.deltaX;
  if (e.ctrlKey || e.metaKey) zoom(Math.exp(clamp(e.deltaY, -100, 100) * 0.004), timeAt(e));
  else if (Math.abs(sideways) > Math.abs(e.deltaY) || e.shiftKey)
    setView(view.from + (sideways / wave.clientWidth) * (view.to - view.from), view.to - view.from);
  else return;
  following = false;
  e.preventDefault();
}, { passive: false });
const keys = {
  " ": () => (audio.paused ? audio.play().catch(() => {}) : audio.pause()),
  ArrowLeft: () => seek(now - 1), ArrowRight: () => seek(now + 1), Home: () => seek(0), End: () => seek(data.seconds),
  "+": () => zoom(0.6, middle()), "=": () => zoom(0.6, middle()), "-": () => zoom(1 / 0.6, middle()),
  0: () => setView(0, data.seconds),
};
wave.onkeydown = (e) => {
  if (!(e.key in keys) || e.ctrlKey || e.metaKey || e.altKey) return;
  following = true;
  keys[e.key]();
  e.preventDefault();
};
overview.onpointerdown = overview.onpointermove = (e) => {
  if (!e.buttons) return;
  if (e.type === "pointerdown") overview.setPointerCapture(e.pointerId);
  following = false;
  const span = view.to - view.from;
  setView(place(e, overview) * data.seconds - span / 2, span);
};
$("in").onclick = () => zoom(0.6, middle());
$("out").onclick = () => zoom(1 / 0.6, middle());
$("all").onclick = () => setView(0, data.seconds);

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
  }
  for (const cursor of document.querySelectorAll(".cursor")) {
    const x = Number(cursor.dataset.left) + (t / data.seconds) * Number(cursor.dataset.width);
    cursor.setAttribute("transform", `translate(${x.toFixed(1)} 0)`);
  }
  redraw();
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
  seek(Number(row.dataset.at), true);
};
