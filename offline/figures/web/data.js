"use strict";
const root = document.documentElement;
root.dataset.errors = "0";
window.onerror = (message) => {
  root.dataset.errors = String(Number(root.dataset.errors) + 1);
  fail(`This page failed: ${message}`);
};
function fail(text) {
  const line = document.getElementById("failed");
  line.textContent = text;
  line.hidden = false;
}

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const bytes = (id) => Uint8Array.from(atob($(id).textContent), (c) => c.charCodeAt(0));
const pcg = new Int16Array(bytes("pcg").buffer);
const clamp = (x, low, high) => Math.max(low, Math.min(high, x));
const KINDS = ["wave", "s1", "s2"]; // a sound's kind is 1 or 2

// The player. The sound is a blob of this page, so that every browser can seek in it.
const audio = $("audio");
audio.onerror = () => fail("This browser cannot play the sound; everything else works.");
audio.src = URL.createObjectURL(new Blob([bytes("sound")], { type: "audio/flac" }));
$("speed").onchange = () => { audio.playbackRate = Number($("speed").value); }; // browsers keep the pitch
function seek(t, play) {
  audio.currentTime = clamp(t, 0, data.seconds);
  show(audio.currentTime);
  if (play) audio.play().catch(() => {});
}
