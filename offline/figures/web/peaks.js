// Peaks: the least and largest sample of blocks of 16, 256, 4096 ..., so that a pixel never reads more than a few.
const FACTOR = 16;
const levels = [{ size: 1, low: pcg, high: pcg }];
for (let last = levels[0]; last.low.length > 2 * FACTOR; last = levels[levels.length - 1]) {
  const n = Math.ceil(last.low.length / FACTOR);
  const next = { size: last.size * FACTOR, low: new Int16Array(n), high: new Int16Array(n) };
  for (let i = 0; i < n; i++) {
    let low = 32767, high = -32768;
    for (let j = i * FACTOR; j < Math.min(last.low.length, (i + 1) * FACTOR); j++) {
      if (last.low[j] < low) low = last.low[j];
      if (last.high[j] > high) high = last.high[j];
    }
    next.low[i] = low;
    next.high[i] = high;
  }
  levels.push(next);
}
/** Least and largest value of the curve between the samples a and b (not integers). */
function extent(a, b) {
  const value = (x) => {
    const i = clamp(Math.floor(x), 0, pcg.length - 1), j = Math.min(i + 1, pcg.length - 1);
    return pcg[i] + (pcg[j] - pcg[i]) * clamp(x - i, 0, 1);
  };
  let low = Math.min(value(a), value(b)), high = Math.max(value(a), value(b));
  const level = levels.findLast((l) => l.size <= Math.max(1, (b - a) / 2));
  const last = Math.min(level.low.length, Math.floor(b / level.size) + 1);
  for (let i = Math.ceil(a / level.size); i < last; i++) {
    low = Math.min(low, level.low[i]);
    high = Math.max(high, level.high[i]);
  }
  return [low, high];
}

// Canvases.
let colours = {};
function readColours() {
  const style = getComputedStyle(root);
  for (const name of ["card", "ink", "quiet", "line", "wave", "s1", "s2", "s1-back", "s2-back", "head", "warm", "hot"])
    colours[name] = style.getPropertyValue(`--${name}`).trim();
}
function context(canvas) {
  const scale = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const c = canvas.getContext("2d");
  c.setTransform(scale, 0, 0, scale, 0, 0);
  c.fillStyle = colours.card;
  c.fillRect(0, 0, width, height);
  c.font = "12px system-ui, sans-serif";
  return [c, width, height];
}
/** First index of a list in order of [, onset, offset] whose offset is after t. */
function firstAfter(list, t) {
  let a = 0, b = list.length;
  while (a < b) {
    const m = (a + b) >> 1;
    if (list[m][2] <= t) a = m + 1; else b = m;
  }
  return a;
}
/** Draw the waveform between two times into a box, each sound in its colour; returns how many sounds were drawn. */
function drawWave(c, from, to, width, top, height) {
  const step = (to - from) / width, middle = top + height / 2;
  const first = firstAfter(data.sounds, from);
  let at = first;
  const paths = KINDS.map(() => new Path2D());
  for (let x = 0; x < width; x++) {
    const t = from + x * step;
    const [low, high] = extent(t * data.rate, (t + step) * data.rate);
    while (at < data.sounds.length && data.sounds[at][2] <= t) at++;
    const sound = data.sounds[at];
    const path = paths[sound && sound[1] <= t + step ? sound[0] : 0];
    const y = (v) => middle - clamp(v / data.top, -1, 1) * (height / 2);
    path.rect(x, y(high) - 0.5, 1, y(low) - y(high) + 1);
  }
  KINDS.forEach((name, kind) => {
    c.fillStyle = colours[name];
    c.fill(paths[kind]);
  });
  while (at < data.sounds.length && data.sounds[at][1] < to) at++;
  return at - first;
}
