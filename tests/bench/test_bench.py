"""The benchmarks run, notice a side that does not do its work, and notice a regression. Nothing here is about speed."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))

import bench.__main__ as bench  # noqa: E402
from bench import archive, decimation, headroom, latency, measure, offline, process, streams, work  # noqa: E402
from bench.measure import Figure, Wrong, figure  # noqa: E402
from heartseg.stream.rates import STREAM_RATE  # noqa: E402


def names(figures):
    assert all(np.isfinite([f.value, f.low, f.high]).all() and f.low <= f.value <= f.high for f in figures)
    assert len({f.name for f in figures}) == len(figures)
    return " | ".join(f.name for f in figures)


@pytest.mark.slow
def test_decimation():
    said = names(decimation.measure(blocks=(441, 4410), rounds=1))
    assert all(side in said for side in ("soxr HQ", "upfirdn", "sosfilt", "bound of this CPU", "over the bound"))


@pytest.mark.parametrize("side", ["heartseg", *decimation.SIDES])
def test_a_broken_decimator_is_noticed(side, monkeypatch):
    def broken(blocks):
        return [np.zeros(sum(map(len, blocks)) // 21, np.float32)]

    if side == "heartseg":
        monkeypatch.setattr(decimation, "ours", broken)
    else:
        monkeypatch.setitem(decimation.SIDES, side, broken)
    with pytest.raises(Wrong, match=side):
        decimation.measure(blocks=(4410,), rounds=1)


@pytest.mark.slow
def test_latency_and_ledger():
    figures, lines = latency.measure(seconds=16, speed=2.5)
    said = names(figures)
    assert all(f"{stage}, p99.9" in said for stage in work.STAGES)
    assert {f.name: f.value for f in figures}["ledger: measured minus declared, filters and hops"] == 0
    assert sum(int(line.split()[-1]) for line in lines) > 20


def test_a_lag_off_the_ledger_is_noticed():
    end = 8 * STREAM_RATE
    events = work.reference(decimation.heart(8), work.warm_network())
    sound = next(e for e in events if e.as_dict().get("withheld") is False)
    assert latency.ledger(events, end)[0].value == 0
    with pytest.raises(Wrong, match="ledger"):
        latency.ledger([replace(sound, emitted=sound.emitted + 1)], end)
    with pytest.raises(Wrong, match="no sound"):
        latency.ledger([e for e in events if e.as_dict().get("withheld")], end)


def test_headroom():
    assert "beyond the network" in names(headroom.measure(seconds=8, rounds=2))


@pytest.mark.slow
def test_streams(monkeypatch):
    monkeypatch.setattr(streams, "_MOST", 16)
    assert "streams on this core" in names(streams.measure(seconds=1, start=4))
    pushes = np.full((50, 8), 0.010)
    assert streams.fitting(pushes, 0.0501) == 5 and streams.fitting(pushes, 0.001) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("benchmark", "seconds"), [(headroom, 40), (streams, 10)])
def test_a_broken_segmenter_is_noticed(benchmark, seconds, monkeypatch):
    real = work.Segmenter.push

    def late(self, block):
        return real(self, block) if len(block) > work.HOP else real(self, np.zeros_like(block))

    monkeypatch.setattr(work.Segmenter, "push", late)
    with pytest.raises(Wrong):
        benchmark.measure(seconds=seconds)


def test_offline():
    assert "segment --lag full" in names(offline.measure(count=1, seconds=8, rounds=1, beside=False))


def test_a_broken_offline_run_is_noticed(monkeypatch):
    real = offline.segment_file

    def deaf(*args):
        segmentation = real(*args)
        return replace(segmentation, events=[e for e in segmentation.events if e.kind != "S2"])

    monkeypatch.setattr(offline, "segment_file", deaf)
    with pytest.raises(Wrong, match="other sounds"):
        offline.measure(count=1, seconds=8, rounds=1, beside=False)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory and CPU time are read as Linux gives them")
def test_memory_and_idling():
    assert "resident after 2 minutes" in names(process.memory(minutes=2))
    for display in (False, True):
        assert 0 < process.cpu_share(display, seconds=2.0) < 400


@pytest.mark.slow
def test_start_up(tmp_path):
    took = process.start_up(tmp_path)
    assert tuple(took) == process.STEPS and all(seconds > 0 for seconds in took.values())
    assert any(tmp_path.rglob("*.nbi")), "the start-up did not use the private cache"


RATIO = Figure("ours over theirs", 5.0, 4.8, 5.2, "×", ratio=True)


@pytest.mark.parametrize(
    ("now", "worse"),
    [
        (RATIO, False),
        (replace(RATIO, value=4.5, low=4.4, high=4.6), False),  # within the spreads
        (replace(RATIO, value=3.0, low=2.9, high=3.1), True),
        (replace(RATIO, value=9.0, low=8.9, high=9.1), False),
        (replace(RATIO, value=9.0, low=8.9, high=9.1, more=False), True),
        (replace(RATIO, value=1.0, low=1.0, high=1.0, ratio=False), False),
        (replace(RATIO, name="something new", value=1.0), False),
    ],
)
def test_regressions(now, worse):
    assert bool(measure.regressions([RATIO], [now])) == worse


def test_figures_survive_the_file(tmp_path):
    figures = [RATIO, figure("quartiles", range(101), "ms", more=False)]
    measure.write_figures(tmp_path / "run.json", "a machine", figures)
    assert measure.read_figures(tmp_path / "run.json") == figures
    assert figures[1].low == 25 and figures[1].high == 75


def test_the_command_checks_against_an_earlier_file(tmp_path, monkeypatch, capsys):
    room = figure("headroom: hop ÷ p99 of its work", [38.2], "×")
    many = figure("streams on this core, p99 of a round within a hop", [61], "")
    monkeypatch.setitem(bench.BENCHMARKS, "headroom", lambda: [room, many, RATIO])
    run, made_up = tmp_path / "run.json", tmp_path / "made_up.json"
    assert bench.main(["--only", "headroom", "--json", str(run)]) == 0
    assert "keeps up: 38× headroom; 61 streams on this core." in capsys.readouterr().out.splitlines()[-1]
    assert bench.main(["--only", "headroom", "--check", str(run)]) == 0
    measure.write_figures(made_up, "a machine", [replace(RATIO, value=50.0, low=48.0, high=52.0)])
    assert bench.main(["--only", "headroom", "--check", str(made_up)]) == 1
    assert "worse: ours over theirs" in capsys.readouterr().out
    made_up.write_text("{}")
    assert bench.main(["--only", "headroom", "--check", str(made_up)]) == 2
    assert "not the figures of an earlier run" in capsys.readouterr().err


def test_a_wrong_side_fails_the_command(monkeypatch, capsys):
    monkeypatch.setitem(bench.BENCHMARKS, "headroom", lambda: measure.must(False, "not its work"))
    assert bench.main(["--only", "headroom"]) == 1
    assert "headroom: not its work" in capsys.readouterr().err


def test_a_machine_that_does_not_keep_up_is_told(monkeypatch, capsys):
    monkeypatch.setitem(bench.BENCHMARKS, "headroom", lambda: [figure("headroom: hop ÷ p99 of its work", [0.9], "×")])
    assert bench.main(["--only", "headroom"]) == 1
    assert "does NOT keep up" in capsys.readouterr().out


@pytest.mark.slow
def test_the_folder_runs_from_anywhere(tmp_path):
    run = subprocess.run([sys.executable, str(ROOT / "bench"), "--help"], capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0 and "--check FILE" in run.stdout, run.stderr


def test_large_archives():
    planned, listed = archive.planning(30), archive.entries(2_500)
    assert planned["ms a recording"] > 0 and listed["planner, ms a recording"] > 0
    assert 0.1 < listed["plan, MB"] < 1
