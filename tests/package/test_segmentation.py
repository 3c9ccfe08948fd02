"""One call from Python: arrays, recordings, and what comes back."""

import itertools

import numpy as np
import pytest
import soundfile
import soxr

import heartseg
from heartseg.offline.cli import main
from heartseg.segmentation import Segmentation
from heartseg.stream import Gap, SimulatedHeart, Sound, Systole
from heartseg.stream.sinks.base import Accounts

RATE = 4000


@pytest.fixture(scope="module")
def heart():
    """Twelve seconds of a heart at 72 beats a minute, 4,000 Hz."""
    x = np.concatenate(list(itertools.islice(SimulatedHeart(seed=2).blocks(), 120)))
    return soxr.resample(x, 44_100, RATE).astype(np.float32)


@pytest.fixture(scope="module")
def found(heart):
    return heartseg.segment(heart, rate=RATE)


def a_segmentation(events=(), seconds=10.0, warnings=()):
    session = {"source": "folder/<b>.wav", "heartseg": "0", "model": "m"}
    length = round(seconds * 44_100)
    pcg = np.zeros(length // 21, np.float32)
    return Segmentation(list(events), Accounts(length, length, 0, 0), session, list(warnings), pcg)


def beat(start_s):
    return [Sound(kind, round(at * 44_100), round((at + 0.1) * 44_100), 0.9, 0)
            for kind, at in (("S1", start_s), ("S2", start_s + 0.3))]  # fmt: skip


def test_an_array_is_heard_and_measured(found):
    assert 70 < found.heart_rate < 74 and found.coverage > 0.9 and 0.9 < found.confidence <= 1
    assert 300 < found.systole_ms < 380 and 450 < found.diastole_ms < 530 and found.duration_s == 12
    assert len(found.beats) >= 14 and found.gaps == found.warnings == []


@pytest.mark.parametrize(
    ("subtype", "dtype"), [("FLOAT", "float64"), ("PCM_16", "int16"), ("PCM_32", "int32"), ("PCM_U8", "uint8")]
)
def test_an_array_gives_the_events_of_its_file(heart, tmp_path, subtype, dtype):
    path, stereo = tmp_path / "a.wav", np.stack([heart, 0.2 * heart], axis=1)[: 5 * RATE]
    soundfile.write(path, stereo, RATE, subtype)
    if dtype == "uint8":
        x = (soundfile.read(path, always_2d=True)[0] * 128 + 128).astype(np.uint8)
    else:
        x = soundfile.read(path, dtype=dtype)[0]
    of_file, of_array = heartseg.segment(path), heartseg.segment(x, rate=RATE)
    assert of_array.events == of_file.events and len(of_file.sounds) >= 8
    np.testing.assert_array_equal(of_array.pcg, of_file.pcg)


def test_a_lag_is_that_of_listening(heart, tmp_path):
    x = heart[: 6 * RATE]
    soundfile.write(tmp_path / "a.wav", x, RATE, "FLOAT")
    with heartseg.listen(tmp_path / "a.wav", speed=None, lag=350) as live:
        events = list(live)
    assert events == heartseg.segment(x, RATE, lag=350).events != heartseg.segment(x, RATE).events


def test_samples_that_are_no_numbers_become_a_gap(heart):
    x = heart.astype(np.float64)
    x[4 * RATE : 4 * RATE + 200], x[4 * RATE + 300] = np.nan, 1e300
    found = heartseg.segment(x, rate=RATE)
    (gap,) = found.gaps
    assert gap.start_s <= 4 and 4.075 <= gap.end_s < 5 and found.sounds[-1].onset_s > 10
    assert np.isnan(found.pcg[int(4.02 * 2100)]) and "gaps 1" in repr(found)


@pytest.mark.parametrize("x", [np.zeros(0), np.zeros(1, np.int16), np.zeros((0, 2)), [0.0, 0.5]])
def test_arrays_of_next_to_nothing(x):
    found = heartseg.segment(x, rate=RATE)
    assert found.events == [] and found.heart_rate is found.confidence is None and found.coverage == 0


X = np.zeros(100)


@pytest.mark.parametrize(
    ("args", "options", "error", "text"),
    [
        ((X,), {}, TypeError, "needs its rate"),
        (("a.wav", RATE), {}, TypeError, "a rate of its own"),
        ((X, "4000"), {}, TypeError, "rate should be a number"),
        ((X, 0), {}, ValueError, "rates from 400 to 192000 Hz"),
        ((X, float("nan")), {}, ValueError, "rates from 400"),
        ((None, RATE), {}, TypeError, "path of a recording, or an array"),
        (([1, 2, 3], RATE), {}, TypeError, "int64"),
        ((X + 1j, RATE), {}, TypeError, "complex"),
        ((np.zeros((2, 100)), RATE), {}, ValueError, "samples come first"),
        ((np.zeros((9, 2, 1)), RATE), {}, ValueError, "shape"),
        ((np.zeros((9, 0)), RATE), {}, ValueError, "shape"),
        ((X, RATE), {"lag": 10}, ValueError, "a lag is 100"),
        ((X, RATE), {"lag": "live"}, TypeError, "milliseconds"),
        ((X, RATE), {"sensitivity": "loud"}, ValueError, "sensitivity"),
        ((X, RATE), {"model": "none"}, heartseg.ModelError, "none"),
        ((X, RATE), {"model": "heartseg-5"}, heartseg.ModelError, "longest lag"),
        (("none.wav",), {}, heartseg.SourceError, "no such file"),
    ],
)
def test_what_cannot_be_is_said(args, options, error, text):
    with pytest.raises(error, match=text):
        heartseg.segment(*args, **options)


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl"])
def test_files_are_those_of_the_command(heart, tmp_path, form):
    audio = tmp_path / "a.wav"
    soundfile.write(audio, heart[: 4 * RATE], RATE)
    main(["segment", str(audio), "--out", str(tmp_path / "out"), "--format", form, "--jobs", "1"])
    path, found = tmp_path / f"mine.{form}", heartseg.segment(audio)
    write = getattr(found, f"to_{form}")
    write(path)
    assert path.read_bytes() == (tmp_path / f"out/a.{form}").read_bytes()
    path.write_text("another's")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        write(path)
    assert path.read_text() == "another's"
    write(path, overwrite=True)
    assert path.read_text() != "another's"


def test_frames_have_a_row_for_each_sound_and_beat(found):
    pytest.importorskip("pandas", reason="the extra 'test' brings pandas")
    frame = found.to_frame()
    assert list(frame.columns) == ["kind", "onset_s", "offset_s", "confidence"] and len(frame) == len(found.sounds)
    assert frame.onset_s[3] == found.sounds[3].onset_s and len(found.beats_frame()) == len(found.beats)
    assert list(a_segmentation().to_frame().columns) == list(frame.columns)


def test_without_pandas_or_matplotlib_it_says_what_to_install(found, monkeypatch):
    monkeypatch.setattr("heartseg.offline.console.find_spec", lambda name: None)
    for draw, extra in ((found.to_frame, "pandas"), (found.beats_frame, "pandas"), (found.plot, "plot")):
        with pytest.raises(ImportError, match=rf"pip install 'heartseg\[{extra}\]'"):
            draw()


def test_a_figure_has_all_rows_and_is_shown_once(monkeypatch):
    matplotlib = pytest.importorskip("matplotlib", reason="the extra 'test' brings matplotlib")
    import matplotlib.pyplot as plt

    plt.close("all")  # of other tests
    monkeypatch.setattr(matplotlib, "get_backend", lambda: "inline")
    figure = a_segmentation(beat(1), seconds=60).plot()
    assert len(figure.axes) == 6 and plt.get_fignums() == []
    with pytest.raises(ValueError, match="600 s"):
        a_segmentation(seconds=601).plot()


def test_no_figure_where_little_was_named():
    sparse = a_segmentation([*beat(0), *beat(0.8), *beat(1.6)], seconds=10)
    assert sparse.heart_rate is sparse.systole_ms is sparse.diastole_ms is None and sparse.coverage == 0.16
    one = a_segmentation([*beat(0), *beat(0.8)], seconds=1)
    assert one.heart_rate is None and one.coverage == 0.8
    enough = a_segmentation([*beat(0), *beat(0.8), *beat(1.6)], seconds=3)
    assert (round(enough.heart_rate), round(enough.systole_ms), round(enough.diastole_ms)) == (75, 300, 500)


def test_no_cycle_spans_a_gap():
    gap = Gap(round(0.5 * 44_100), round(0.6 * 44_100), "overflow")
    found = a_segmentation([*beat(0), gap, *beat(0.8), *beat(1.6)], seconds=2)
    assert found.coverage == pytest.approx(0.4) and found.heart_rate is None


def test_it_is_readable_in_a_terminal_and_in_a_notebook():
    found = a_segmentation([*beat(0), *beat(0.8), *beat(1.6)], 3.0, ["ends <early>"])
    assert repr(found) == "<Segmentation of <b>.wav: 3.0 s, 3 S1 and 3 S2, 75 bpm, coverage 53 %>"
    page = found._repr_html_()
    assert "&lt;b&gt;.wav" in page and "75 bpm" in page and "ends &lt;early&gt;" in page and "<early>" not in page
    assert "300 ms" in page and "Not a medical device." in page
    assert "no heart rate" in repr(a_segmentation()) and "systole" not in a_segmentation()._repr_html_()


def test_the_names_are_shown_and_work():
    assert {"segment", "listen", "Segmentation", "SourceError", "ModelError", "stream"} <= set(dir(heartseg))
    assert all(getattr(heartseg, name) is not None for name in dir(heartseg))
    assert all(getattr(heartseg.stream, name) is not None for name in dir(heartseg.stream))


def test_an_answer_about_systole_where_it_is_wanted(heart, found):
    wanted = heartseg.segment(heart, rate=RATE, systole=True)
    assert [e for e in wanted.events if not isinstance(e, Systole)] == found.events and found.systole is None
    answer = wanted.systole
    assert isinstance(answer, Systole) and answer.beats >= 8 and answer == wanted.events[-1]
    said = f"murmur-like sound in systole {answer.answer} (for review, not a diagnosis)"
    assert said in repr(wanted) and "for review, not a diagnosis" in wanted._repr_html_()
