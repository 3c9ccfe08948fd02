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
