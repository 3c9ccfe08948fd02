// The mean beat: its spectrogram, and where the sounds are in it.
function drawBeat() {
  const beat = data.beat;
  if (!beat) return;
  const [c, width, height] = context($("beat")), base = height - 18;
  const mean = Uint8Array.from(atob(beat.levels), (letter) => letter.charCodeAt(0));
  c.drawImage(columnsAsPicture(mean, 0, beat.columns, beat.columns).canvas, 0, 0, width, base);
  const x = (s) => ((s + beat.before) / (beat.step * (beat.columns - 1))) * width;
  c.textAlign = "center";
  for (const [kind, start, end] of beat.sounds) {
    c.fillStyle = c.strokeStyle = colours[KINDS[kind]];
    c.fillRect(x(start), base, x(end) - x(start), 4);
    for (const edge of [start, end]) c.fillRect(x(edge), 0, 1, base);
    c.fillText(kind === 1 ? "lub" : "dub", x((start + end) / 2), height - 3);
  }
  root.dataset.beat = String(beat.columns);
}
