"""`heartseg-offline report`: the page, opened in a real browser."""

import itertools
import json
import os
import re
import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from heartseg.offline.cli import main
from heartseg.offline.formats import read_prediction
from heartseg.stream.rates import STREAM_RATE
from heartseg.stream.sources.simulated import SimulatedHeart


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Open a page, run a script in it, and return the attributes that its root element then has."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        if os.environ.get("CI"):
            pytest.fail("CI needs chromium")
        pytest.skip("needs chromium")
    home = tmp_path_factory.mktemp("browser")

    def look(page, script="", width=1200, *flags):
        driven = page.with_name(f"driven-{page.name}")
        driven.write_text(page.read_text().replace("</body>", f"<script>{script}</script></body>"))
        done = subprocess.run(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio", f"--user-data-dir={home}",
             f"--window-size={width},900", "--virtual-time-budget=5000", *flags, "--dump-dom", driven.as_uri()],
            env={**os.environ, "HOME": str(home)}, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        driven.unlink()
        root = re.search(r"<html[^>]*>", done.stdout)
        assert root, done.stderr[-1000:]
        return dict(re.findall(r'data-(\w+)="([^"]*)"', root.group()))

    return look


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A recording of 20 s, its events as a reference, and its page."""
    folder = tmp_path_factory.mktemp("page")
    wav = folder / "a heart.wav"
    soundfile.write(wav, np.concatenate(list(itertools.islice(SimulatedHeart(seed=5).blocks(), 200))), STREAM_RATE)
    assert main(["segment", str(wav), "--out", str(folder)]) == 0
    events = folder / "a heart.jsonl"
    assert main(["report", str(wav), "--reference", str(events), "--out", str(folder / "page.html")]) == 0
    return wav, events, folder / "page.html"


def test_the_page_holds_everything_itself(made):
    _, events, page = made
    text = page.read_text()
    assert not re.search(r"https?://|(src|href)\s*=\s*[\"']|@import|url\(", text)
    assert text.count("Not a medical device.") == 2 and "a heart.wav" in text
    assert not any(str(part) in text for part in (page.parent, page.parent.parent))
    session = json.loads(events.read_text().splitlines()[0])
    assert session["model_sha256"] in text and "whole recording in view" in text
    assert text.count("<tr data-at") == len(read_prediction(events).sounds["S1"])
    assert [p.name for p in page.parent.glob("*.part")] == []


@pytest.mark.slow
def test_it_opens_and_draws_the_sounds_in_view(made, browser):
    _, events, page = made
    sounds = np.concatenate(list(read_prediction(events).sounds.values()))
    for width in (1200, 500):
        found = browser(page, width=width)
        assert found["ready"] == "1" and found["errors"] == "0"
        start, end = (float(v) for v in found["view"].split())
        assert start == 0 and 3 <= end <= 20
        seen = int(((sounds[:, 1] > start) & (sounds[:, 0] < end)).sum())
        assert abs(int(found["drawn"]) - seen) <= 1 < seen  # 1: the view's edge is rounded


def test_pointer_keys_and_table_move_player_and_view(made, browser):
    _, events, page = made
    found = browser(
        page,
        """
        const box = () => wave.getBoundingClientRect();
        const note = (name, value) => { root.dataset[name] = String(value); };
        const point = (type, share) => wave.dispatchEvent(new PointerEvent(type,
          { pointerId: 1, clientX: box().left + box().width * share, buttons: 1, bubbles: true }));
        const key = (name) => wave.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
        wave.setPointerCapture = overview.setPointerCapture = () => {};
        audio.play = () => { note("played", 1); return Promise.resolve(); };
        const span = () => view.to - view.from;
        const steps = () => {
          note("duration", audio.duration);
          note("names", root.dataset.labels);
          $("all").click(); note("whole", span()); draw(); note("none", root.dataset.labels);
          $("speed").value = "0.25"; $("speed").onchange(); note("speed", audio.playbackRate);
          note("pitch", audio.preservesPitch);
          point("pointerdown", 0.5); point("pointerup", 0.5); note("clicked", audio.currentTime);
          key("ArrowRight"); note("right", audio.currentTime);
          key("+"); note("zoomed", span()); note("kept", view.from < now && now < view.to);
          const before = view.from;
          point("pointerdown", 0.5); point("pointermove", 0.6); point("pointerup", 0.6);
          note("dragged", (before - view.from) / span()); note("still", audio.currentTime);
          wave.dispatchEvent(new WheelEvent("wheel", { deltaY: -100, ctrlKey: true, clientX: box().left + 300 }));
          note("wheeled", span());
          scrollTo(0, 9999);
          document.querySelectorAll("#beats button")[2].click(); note("third", audio.currentTime);
          note("top", box().top); note("before", (audio.currentTime - view.from) / span());
          note("marked", [...$("beats").rows].findIndex((r) => r.classList.contains("now")));
          key("End"); note("end", audio.currentTime); note("slider", wave.getAttribute("aria-valuenow"));
          key("0");
        };
        audio.readyState > 0 ? steps() : audio.addEventListener("loadedmetadata", steps);
        """,
    )
    assert found["errors"] == "0"
    number = {key: float(value) for key, value in found.items() if re.fullmatch(r"-?[\d.]+", value)}
    assert number["duration"] == pytest.approx(20, abs=0.01) and number["whole"] == pytest.approx(20)
    assert number["clicked"] == pytest.approx(10, abs=0.05) and number["right"] == pytest.approx(11, abs=0.05)
    assert number["zoomed"] == pytest.approx(12) and found["kept"] == "true"
    assert number["dragged"] == pytest.approx(0.1, abs=0.01) and number["still"] == number["right"]
    assert number["names"] > 3 and number["none"] == 0
    assert number["speed"] == 0.25 and found["pitch"] == "true"
    assert 0 <= number["top"] < 900 and 0 <= number["before"] <= 0.8
    assert number["wheeled"] < number["zoomed"] and number["played"] == 1
    third = read_prediction(events).sounds["S1"][2, 0]
    assert number["third"] == pytest.approx(third, abs=0.01) and number["marked"] == 2
    assert number["end"] == number["slider"] == pytest.approx(20)
    assert number["drawn"] == sum(len(v) for v in read_prediction(events).sounds.values())


@pytest.mark.slow
def test_on_a_phone_and_on_paper(made, browser):
    *_, page = made
    found = browser(
        page,
        """
        document.currentScript.remove();
        window.onbeforeprint(); root.dataset.paper = colours.card + colours.ink; window.onafterprint();
        root.dataset.screen = colours.card;
        const phone = document.createElement("iframe");
        phone.style.width = "375px";
        phone.srcdoc = root.outerHTML;
        phone.onload = () => {
          const inside = phone.contentDocument, table = inside.querySelector("table");
          root.dataset.phone = String(inside.documentElement.clientWidth);
          root.dataset.page = String(inside.documentElement.scrollWidth);
          root.dataset.table = String(table.offsetWidth - table.parentElement.clientWidth);
        };
        document.body.append(phone);
        """,
        1200,
        "--blink-settings=preferredColorScheme=0",
        "--hide-scrollbars",
    )
    assert found["errors"] == "0"
    assert found["paper"] == "#ffffff#1c1c1e" and found["screen"] == "#1c1c1f"
    assert int(found["page"]) <= int(found["phone"]) <= 375 and int(found["table"]) <= 0


def test_a_recording_without_a_heart_and_a_name_of_the_template(tmp_path, browser):
    wav = tmp_path / "{{data}} <i>&.wav"
    samples = np.zeros(3 * STREAM_RATE, np.float32)
    samples[STREAM_RATE : STREAM_RATE + 100] = np.nan
    soundfile.write(wav, samples, STREAM_RATE, subtype="FLOAT")
    page = tmp_path / "empty.html"
    assert main(["report", str(wav), "--out", str(page)]) == 0
    assert "No heart sound was found." in page.read_text()
    assert "<h1>{{data}} &lt;i&gt;&amp;.wav</h1>" in page.read_text()
    found = browser(page)
    assert found["ready"] == "1" and found["errors"] == "0" and found["drawn"] == "0"


def test_what_cannot_be_done_is_said(made, tmp_path, capsys):
    wav, *_ = made
    with pytest.raises(SystemExit) as stop:
        main(["report", str(wav), "--out", str(tmp_path / "page.pdf")])
    assert stop.value.code == 2 and ".html" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "none.wav"), "--out", str(tmp_path / "page.html")]) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_page_is_overwritten_only_if_forced(made, tmp_path, capsys):
    wav, *_ = made
    page = tmp_path / "page.html"
    page.write_text("mine")
    with pytest.raises(SystemExit) as stop:
        main(["report", str(wav), "-o", str(page)])
    assert stop.value.code == 2 and "--force" in capsys.readouterr().err and page.read_text() == "mine"
    assert main(["report", str(wav), "-o", str(page), "-f"]) == 0 and page.read_text() != "mine"


def test_a_warning_names_no_folder(made, tmp_path):
    wav, *_ = made
    cut = tmp_path / "cut.wav"
    cut.write_bytes(wav.read_bytes()[:400_000])
    assert main(["report", str(cut), "-o", str(tmp_path / "cut.html")]) == 0
    text = (tmp_path / "cut.html").read_text()
    assert "<dd>cut.wav: truncated" in text and str(tmp_path) not in text


@pytest.fixture(scope="module")
def systole(made):
    """A page with the answer about systole."""
    wav, *_ = made
    page = wav.with_name("systole.html")
    assert main(["report", str(wav), "--systole", "--out", str(page)]) == 0
    return page


def test_the_answer_about_systole_comes_with_the_mean_beat(made, systole, browser):
    *_, plain = made
    assert "systole-title" not in plain.read_text() and 'id="beat"' not in plain.read_text()
    text = systole.read_text()
    assert re.search(
        r"Murmur-like sound in systole: [a-z ]+ · probability 0\.\d\d · \d+ beats · for review, not a diag", text
    )
    data = json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', text)[1])
    (_, s1, s1_end), (_, s2, s2_end), (_, following, _) = data["beat"]["sounds"]
    assert s1 == 0 and s1_end < s2 < s2_end < following == pytest.approx(float(data["medians"]["rr"]) / 1000, abs=0.02)
    found = browser(
        systole,
        """
        const pixels = $("beat").getContext("2d").getImageData(0, 0, $("beat").width, $("beat").height).data;
        root.dataset.colours = String(new Set(new Uint32Array(pixels.buffer)).size);
        """,
    )
    assert found["errors"] == "0" and int(found["beat"]) == data["beat"]["columns"] and int(found["colours"]) > 50


def test_a_recording_without_a_heart_has_no_mean_beat(tmp_path, browser):
    wav, page = tmp_path / "silence.wav", tmp_path / "silence.html"
    soundfile.write(wav, np.zeros(2 * STREAM_RATE), STREAM_RATE)
    assert main(["report", str(wav), "--systole", "--out", str(page)]) == 0
    text = page.read_text()
    assert "cannot tell · too few clean beats · for review" in text and "No whole beat was named." in text
    assert browser(page)["errors"] == "0"
