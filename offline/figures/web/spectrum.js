// The spectrogram: columns of levels from 0 to 255, each from 0 Hz to data.highest.
const spectrum = bytes("spectrum"), COLUMNS = Math.floor(data.seconds * data.columns) + 1;
const BANDS = spectrum.length / COLUMNS;
let picture = null; // the part in view, drawn once for a view and a theme

/** The colour of each level, as a pixel: from the paper over a warm tone to the strongest. */
function ramp() {
  const [cold, warm, hot] = ["card", "warm", "hot"].map((name) =>
    [1, 3, 5].map((i) => parseInt(colours[name].slice(i, i + 2), 16)));
  return Uint32Array.from({ length: 256 }, (_, level) => {
    const [from, to, share] = level < 128 ? [cold, warm, level / 128] : [warm, hot, (level - 128) / 127];
    const [red, green, blue] = from.map((v, i) => Math.round(v + (to[i] - v) * share));
    return (255 << 24) | (blue << 16) | (green << 8) | red;
  });
}
/** The columns of levels from `first` to before `last`. Where they are more than `width`, the loudest stands for its neighbours. */
function columnsAsPicture(levels, first, last, width) {
  const canvas = document.createElement("canvas"), count = last - first, tone = ramp();
  canvas.width = Math.min(count, width);
  canvas.height = BANDS;
  const c = canvas.getContext("2d"), image = c.createImageData(canvas.width, BANDS);
  const pixels = new Uint32Array(image.data.buffer);
  for (let x = 0; x < canvas.width; x++) {
    const a = first + Math.floor((x * count) / canvas.width), b = first + Math.floor(((x + 1) * count) / canvas.width);
    for (let band = 0; band < BANDS; band++) {
      let level = 0;
      for (let i = a; i < b; i++) level = Math.max(level, levels[i * BANDS + band]);
      pixels[(BANDS - 1 - band) * canvas.width + x] = tone[level];
    }
  }
  c.putImageData(image, 0, 0);
  return { canvas, first, last, width };
}
function drawSpectrum(c, x, top, width, height) {
  const first = clamp(Math.floor(view.from * data.columns), 0, COLUMNS - 1);
  const last = clamp(Math.ceil(view.to * data.columns) + 1, first + 1, COLUMNS);
  if (!picture || picture.first !== first || picture.last !== last || picture.width !== width)
    picture = columnsAsPicture(spectrum, first, last, width);
  const left = x((first - 0.5) / data.columns);
  c.save();
  c.beginPath();
  c.rect(0, top, width, height);
  c.clip();
  c.drawImage(picture.canvas, left, top, x((last - 0.5) / data.columns) - left, height);
  c.textAlign = "left";
  c.lineWidth = 3;
  c.strokeStyle = colours.card;
  c.fillStyle = colours.ink;
  for (const hz of [data.highest, data.highest / 2]) {
    const y = top + (1 - hz / data.highest) * height + 13;
    c.strokeText(`${hz} Hz`, 4, y);
    c.fillText(`${hz} Hz`, 4, y);
  }
  c.restore();
}
