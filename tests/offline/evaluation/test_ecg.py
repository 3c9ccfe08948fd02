"""Sounds judged by the R-peaks of an ECG."""

import json

import numpy as np
import pytest

from heartseg.offline.cli import main
from heartseg.offline.datasets.recording import DataError
from heartseg.offline.evaluation.ecg import judge, read_r_peaks

R_PEAKS = np.arange(1.0, 11.0)


def sounds(s1, s2):
    return {
        kind: np.array([(t - 0.05, t + 0.05) for t in times]).reshape(-1, 2) for kind, times in (("S1", s1), ("S2", s2))
    }


def test_sounds_follow_their_r_peaks():
    late = R_PEAKS + np.tile([0.05, 0.07], 5)
    figures = judge(R_PEAKS, sounds(late, R_PEAKS + 0.4)).as_dict()
    assert figures["r_peaks"] == 10 and figures["s1_share"] == 1 and figures["s2_share"] == 0
    assert figures["median_delay_ms"] == pytest.approx(60) and figures["spread_ms"] == pytest.approx(20)


@pytest.mark.parametrize(("delay", "share"), [(-0.09, 0), (-0.07, 1), (0.19, 1), (0.21, 0)])
def test_the_window(delay, share):
    assert judge(R_PEAKS, sounds(R_PEAKS + delay, [])).as_dict()["s1_share"] == share


def test_swapped_and_missed_sounds():
    figures = judge(R_PEAKS, sounds(R_PEAKS[:5] + 0.06, R_PEAKS[5:8] + 0.06))
    assert (figures.with_s1, figures.with_s2, figures.r_peaks) == (5, 3, 10)
    none = judge(R_PEAKS[:0], sounds([], []))
    assert np.isnan(none.as_dict()["s1_share"])
    np.testing.assert_equal((figures + none).as_dict(), figures.as_dict())


@pytest.mark.parametrize("cycle", [1.0, 0.6])
def test_an_s2_far_from_the_usual_systole_is_misplaced(cycle):
    """At any heart rate; what is common to all recordings is not."""
    r_peaks = R_PEAKS * cycle
    usual = 0.546 - 0.0021 * 60 / cycle - 0.04
    s2 = r_peaks + usual + np.where(np.arange(10) < 3, -0.08, 0.02)
    figures = judge(r_peaks, sounds(r_peaks + 0.06, s2 + 0.05))
    assert figures.misplaced_share == pytest.approx(0.3)
    assert np.median(figures.systole_s) == pytest.approx(-0.02)
    slow_and_fast = figures + judge(R_PEAKS, sounds([], R_PEAKS + 0.546 - 0.126 - 0.02 + 0.05))
    assert slow_and_fast.misplaced_share == pytest.approx(0.15)
    assert np.isnan(judge(r_peaks, sounds(r_peaks + 0.06, [])).misplaced_share)
    for no_rate in (r_peaks[:1], np.ones(3)):
        assert np.isnan(judge(no_rate, sounds([], s2)).misplaced_share)


def test_only_annotated_time_counts():
    spans = np.array([[2.5, 5.1], [7.0, np.inf]])  # the window of the R-peak at 5 s is cut, that at 7 s too
    figures = judge(R_PEAKS, sounds(R_PEAKS + 0.06, []), spans)
    assert figures.r_peaks == figures.with_s1 == 5
    s2 = sounds([], R_PEAKS + 0.45)  # that of the R-peak at 4.0 s ends in annotated time, that at 5 s does not
    assert len(judge(R_PEAKS, s2, np.array([[2.5, 5.3]])).systole_s) == 2


def test_forms_of_r_peaks(tmp_path):
    wfdb = pytest.importorskip("wfdb", reason="the extra 'test' brings wfdb")
    (tmp_path / "all.tsv").write_text("recording\tr_peaks_s\na\t0.5 1.25\nb\t2\n")
    assert {k: v.tolist() for k, v in read_r_peaks(tmp_path / "all.tsv").items()} == {"a": [0.5, 1.25], "b": [2.0]}
    (tmp_path / "c.rpeaks.txt").write_text("0.5\n1.25\n")
    wfdb.wrann("d", "atr", np.array([10, 250, 300]), ["N", "V", "~"], fs=500, write_dir=str(tmp_path))
    assert {k: v.tolist() for k, v in read_r_peaks(tmp_path).items()} == {"c": [0.5, 1.25], "d": [0.02, 0.5]}
    for content in ("a\tsoon\n", "a\tnan\n", "a 1 2\n", ""):
        (tmp_path / "all.tsv").write_text(content)
        with pytest.raises(DataError, match=r"all\.tsv"):
            read_r_peaks(tmp_path / "all.tsv")
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="holds no R-peaks"):
        read_r_peaks(tmp_path / "none")


def test_the_r_peaks_of_a_record_with_an_ecg(tmp_path):
    wfdb = pytest.importorskip("wfdb", reason="the extra 'test' brings wfdb")
    t = np.arange(20 * 500) / 500
    beats = np.arange(0.7, 19.5, 0.8)
    ecg = sum(
        np.exp(-(((t - beat) / 0.012) ** 2)) - 0.2 * np.exp(-(((t - beat - 0.03) / 0.015) ** 2)) for beat in beats
    )
    noise = 0.01 * np.random.default_rng(0).standard_normal((2, len(t)))
    folder = {"fs": 500, "units": ["mV", "mV"], "fmt": ["16", "16"], "write_dir": str(tmp_path)}
    wfdb.wrsamp("a", sig_name=["PCG", "ECG"], p_signal=np.array([noise[0], ecg + noise[1]]).T, **folder)
    wfdb.wrsamp("b", sig_name=["PCG", "PCG 2"], p_signal=noise.T, **folder)
    found = read_r_peaks(tmp_path)
    assert [*found] == ["a"]
    assert len(found["a"]) >= len(beats) - 1
    assert all(np.abs(beats - peak).min() < 0.03 for peak in found["a"])
    (tmp_path / "a.dat").unlink()
    with pytest.raises(DataError, match=r"a\.hea: not a WFDB record"):
        read_r_peaks(tmp_path)


def test_the_command(tmp_path, capsys):
    beat = [(0.0, 0.1, 1), (0.1, 0.3, 2), (0.3, 0.4, 3), (0.4, 1.0, 4)]
    for folder, late in (("reference", 0.0), ("events", 0.02)):
        (tmp_path / folder).mkdir()
        rows = [(n + s + late, n + e + late, k) for n in range(1, 9) for s, e, k in beat]
        (tmp_path / folder / "a.tsv").write_text("".join(f"{s}\t{e}\t{k}\n" for s, e, k in rows))
    r_peaks, out = tmp_path / "r.tsv", tmp_path / "s.json"
    r_peaks.write_text("a\t" + " ".join(str(n) for n in range(1, 9)) + "\n")
    args = ["score", str(tmp_path / "reference"), str(tmp_path / "events"), "--ecg", str(r_peaks)]
    args += ["--force", "--json", str(out)]
    assert main(args) == 0
    assert "spread ms" in capsys.readouterr().out
    ecg = json.loads(out.read_text())["ecg"]
    assert ecg["predictions"]["s1_share"] == ecg["reference"]["s1_share"] == 1
    assert ecg["predictions"]["median_delay_ms"] - ecg["reference"]["median_delay_ms"] == pytest.approx(20)
    args[1] = str(r_peaks)
    assert main(args) == 0
    assert json.loads(out.read_text())["ecg"]["predictions"]["r_peaks"] == 8
    r_peaks.write_text("b\t1 2\n")
    args[1] = str(tmp_path / "reference")
    assert main(args) == 1 and "none of the references" in capsys.readouterr().err
