"""An observer sees all that the stages make, changes nothing, and times them if it asks."""

import itertools

import numpy as np

from heartseg.models import load
from heartseg.stream.events import Gap, Sound
from heartseg.stream.rates import DECIMATION, STREAM_PER_FRAME, STREAM_RATE
from heartseg.stream.segmenter.observer import Observer
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sources.simulated import SimulatedHeart

NETWORK = load()
HEART = np.concatenate(list(itertools.islice(SimulatedHeart(bpm=80, seed=3).blocks(), 80)))
HEART[150_000] = np.nan


class Recorder(Observer):
    """Keeps what it is told, run by run."""

    def __init__(self, timed=False):
        self.timed = timed
        self.runs, self.stages = [], []

    def on_restart(self, position):
        self.runs.append({"position": position, "samples": [], "pcg": [], "posteriors": [], "segments": []})

    def on_samples(self, samples):
        self.runs[-1]["samples"].append(samples)

    def on_pcg(self, pcg):
        self.runs[-1]["pcg"].append(pcg)

    def on_posteriors(self, posteriors):
        self.runs[-1]["posteriors"].append(posteriors)

    def on_segments(self, segments):
        self.runs[-1]["segments"] += segments

    def on_stage(self, name, seconds):
        self.stages.append((name, seconds))


def events_of(observer, block=4410):
    segmenter = Segmenter(NETWORK, observer=observer, rate=STREAM_RATE)
    events = [e for at in range(0, len(HEART), block) for e in segmenter.push(HEART[at : at + block])]
    return events + segmenter.flush()


def test_an_observer_changes_nothing():
    assert events_of(None) == events_of(Recorder()) == events_of(Recorder(timed=True))


def test_each_run_is_told_whole():
    recorder = Recorder()
    gap = next(e for e in events_of(recorder) if isinstance(e, Gap))
    first, second = (run for run in recorder.runs if run["samples"])
    assert (first["position"], second["position"]) == (0, gap.end)
    for run, end in ((first, gap.start), (second, len(HEART))):
        samples = np.concatenate(run["samples"])
        np.testing.assert_array_equal(samples, HEART[run["position"] : end])
        assert sum(map(len, run["pcg"])) == -(-len(samples) // DECIMATION)
        assert [p.first for p in run["posteriors"]] == list(
            np.cumsum([0, *(p.n_final for p in run["posteriors"])])[:-1]
        )
        assert sum(p.n_final for p in run["posteriors"]) == len(samples) // STREAM_PER_FRAME


def test_the_path_is_in_order_and_holds_the_sounds():
    recorder = Recorder()
    sounds = [e for e in events_of(recorder) if isinstance(e, Sound)]
    places = []
    for run in recorder.runs:
        pairs = list(itertools.pairwise(run["segments"]))
        assert all(before.end <= after.start for before, after in pairs)
        # The best path may change where it leaves a sound that was confirmed before.
        assert sum((after.state, after.start) != ((before.state + 1) % 4, before.end) for before, after in pairs) <= 4
        assert all(0 <= s.posterior <= 1.001 and 0 <= s.presence <= 1 for s in run["segments"])
        places += [run["position"] + s.start * STREAM_PER_FRAME for s in run["segments"] if s.state in (0, 2)]
    assert {s.onset for s in sounds} <= set(places) and len(sounds) > 10


def test_stages_are_timed_only_on_request():
    plain, timed = Recorder(), Recorder(timed=True)
    events_of(plain)
    events_of(timed)
    assert not plain.stages
    assert {name for name, _ in timed.stages} == {"segmenter", "decimator", "windows", "network", "decoder"}
    spent = {name: sum(s for n, s in timed.stages if n == name) for name, _ in timed.stages}
    assert 0 < spent["network"] < spent["windows"] and spent["segmenter"] < len(HEART) / STREAM_RATE
    assert [name for name, _ in timed.stages].count("segmenter") == -(-len(HEART) // 4410)
