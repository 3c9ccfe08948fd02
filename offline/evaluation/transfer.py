"""`heartseg-offline transfer`: is a heart heard on any device, and nothing where there is none?

Three views, none of which a development set can flatter: clinics that were left out of training, unmarked hearts of
other devices, and real sounds without a heart.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...models import Network
from ...stream.rates import seconds
from ...stream.segmenter.decoder import MIN_POSTERIOR, PathSegment
from ...stream.segmenter.lag import DEFAULT_LAG
from ...stream.segmenter.observer import Observer
from ..datasets.cinc2016 import read_cinc2016
from ..datasets.circor import read_circor
from ..datasets.pascal import read_pascal
from ..datasets.recording import DataError, Recording, audio_files
from ..formats import prediction_of
from ..segmentation import read_pcg, segment_file
from .ecg import NO_FIGURES, EcgFigures, judge, read_r_peaks
from .evaluate import SHARES_KEPT, Evaluation, Predict, evaluate
from .unmarked import HeardHeart, Invented, expected_beats, share_heard

Say = Callable[[str], None]

LEFT_OUT = {"circor": "circor/dev", "cinc-b": "cinc2016/train, set b", "cinc-e": "cinc2016/train, set e"}
"""Clinics that a training can leave out, and what a network without them is judged on."""


@dataclass(frozen=True)
class Transfer:
    """All that one judgement found.

    sets: evaluation by name of an annotated set. hearts: by device. ecg: R-peaks by device or set. invented: by kind.
    """

    sets: Mapping[str, Evaluation]
    hearts: Mapping[str, Sequence[HeardHeart]]
    ecg: Mapping[str, EcgFigures]
    invented: Sequence[Invented]


class _Path(Observer):
    """Counts the S1 of the decoded path, whether there is a heart or not."""

    def __init__(self) -> None:
        self.s1 = 0

    def on_segments(self, segments: list[PathSegment]) -> None:
        self.s1 += sum(s.state == 0 and s.posterior >= MIN_POSTERIOR for s in segments)


def transfer(data: Path, network: Network, left_out: Mapping[str, Network], sensitivity: str, say: Say) -> Transfer:
    """Judge a network, and those that were trained without a clinic, live at the default lag.

    data: folder of the public sets. left_out: networks by the clinic that they never heard, names of `LEFT_OUT`.
    Raises DataError, SourceError.
    """
    sets = {}
    for name, recordings, judged in _annotated(data, network, left_out):
        say(f"{name}: {len(recordings)} recordings")
        sets[name] = evaluate(recordings, _predict(judged, sensitivity))
    hearts, ecg = {}, {}
    for folder in _folders(data / "hearts"):
        say(f"hearts/{folder.name}")
        hearts[folder.name], ecg[folder.name] = _judge_device(folder, network, sensitivity)
    r_peaks = data / "cinc2016/dev/rpeaks.tsv"
    if r_peaks.exists():
        ecg["CinC set a"] = _judge_set(sets["cinc2016/dev (set a)"], r_peaks)
    invented = []
    for folder in _folders(data / "noheart"):
        say(f"noheart/{folder.name}")
        invented.append(_count_invented(folder, network, sensitivity))
    return Transfer(sets, hearts, {name: figures for name, figures in ecg.items() if figures.r_peaks}, invented)


def left_out_recordings(data: Path, clinic: str) -> list[Recording]:
    """The recordings to judge a network on that never heard a clinic, a name of `LEFT_OUT`. Raises DataError."""
    if clinic == "circor":
        return list(read_circor(data / "circor/dev"))
    letter = clinic.removeprefix("cinc-")
    return [r for r in read_cinc2016(data / "cinc2016/train") if r.name.startswith(letter) and (r.state > 0).any()]


def _annotated(
    data: Path, network: Network, left_out: Mapping[str, Network]
) -> Iterator[tuple[str, list[Recording], Network]]:
    """Name, recordings and network of each annotated set."""
    yield "circor/dev (other persons)", list(read_circor(data / "circor/dev")), network
    yield "cinc2016/dev (set a)", list(read_cinc2016(data / "cinc2016/dev")), network
    yield "pascal", list(read_pascal(data / "pascal")), network
    for clinic, judged in left_out.items():
        yield f"{LEFT_OUT[clinic]}, left out in training", left_out_recordings(data, clinic), judged


def _predict(network: Network, sensitivity: str) -> Predict:
    return lambda recording: prediction_of(
        segment_file(recording.audio, network, DEFAULT_LAG, sensitivity=sensitivity).events
    )


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*/"))


def _judge_device(folder: Path, network: Network, sensitivity: str) -> tuple[list[HeardHeart], EcgFigures]:
    """The recordings of one device, which nobody marked."""
    try:
        r_peaks = read_r_peaks(folder)
    except DataError:
        r_peaks = {}
    hearts, ecg = [], NO_FIGURES
    for audio in audio_files(folder, "unmarked"):
        path = _Path()
        segmentation = segment_file(audio, network, DEFAULT_LAG, observer=path, sensitivity=sensitivity)
        peaks = r_peaks.get(audio.stem)
        length_s = seconds(segmentation.accounts.captured)
        expected, counted = expected_beats(length_s, peaks, read_pcg(audio), path.s1)
        named = sum(sound.kind == "S1" for sound in segmentation.sounds)
        hearts.append(HeardHeart(audio.stem, expected, counted, named))
        if peaks is not None:
            ecg += judge(peaks, prediction_of(segmentation.events).sounds)
    return hearts, ecg


def _judge_set(evaluation: Evaluation, r_peaks: Path) -> EcgFigures:
    """An annotated set by the ECG, within annotated time."""
    peaks, figures = read_r_peaks(r_peaks), NO_FIGURES
    for scored in evaluation.scored:
        if scored.recording.name in peaks:
            figures += judge(peaks[scored.recording.name], scored.prediction.sounds, scored.reference.spans)
    return figures


def _count_invented(folder: Path, network: Network, sensitivity: str) -> Invented:
    sounds, samples = 0, 0
    for audio in audio_files(folder, "heartless"):
        segmentation = segment_file(audio, network, DEFAULT_LAG, sensitivity=sensitivity)
        sounds += len(segmentation.sounds)
        samples += segmentation.accounts.captured
    return Invented(folder.name, sounds, seconds(samples) / 60)


def transfer_table(found: Transfer) -> str:
    """The judgement as Markdown."""
    lines = ["| set | F1 | S1 | S2 | swaps | coverage | named late |", "|---|---|---|---|---|---|---|"]
    for name, e in found.sets.items():
        shares = (e.f1, e.s1.f1, e.s2.f1, e.swap_rate, e.coverage, e.late_share)
        lines.append(f"| {name} | " + " | ".join(f"{share * 100:.2f}" for share in shares) + " |")
    columns = ["% wrong", *(f"of the surest {share:.0%}" for share in SHARES_KEPT), "calibration error"]
    lines += ["", f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for name, e in found.sets.items():
        risks = " | ".join(f"{share * 100:.2f}" for share in (*e.risk.values(), e.calibration_error))
        lines.append(f"| {name} | {risks} |")
    lines += ["", "| device | recordings | with 80 % of their beats | beats expected by |", "|---|---|---|---|"]
    for device, hearts in found.hearts.items():
        counted = [heart.counted for heart in hearts]
        ways = ", ".join(f"{way} {counted.count(way)}" for way in dict.fromkeys(counted))
        lines.append(f"| {device} | {len(hearts)} | {share_heard(hearts) * 100:.1f} % | {ways} |")
    columns = ["ECG of", "R-peaks", "an S1 there", "an S2 there", "delay, spread", "S2 misplaced"]
    lines += ["", f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for name, figures in found.ecg.items():
        f = figures.as_dict()
        lines.append(
            f"| {name} | {figures.r_peaks} | {f['s1_share'] * 100:.2f} % | {f['s2_share'] * 100:.2f} % | "
            f"{f['median_delay_ms']:.0f} ms, {f['spread_ms']:.0f} ms | {f['s2_misplaced_share'] * 100:.2f} % |"
        )
    lines += ["", "| no heart | minutes | sounds a minute |", "|---|---|---|"]
    lines += [f"| {kind.kind} | {kind.minutes:.1f} | {kind.per_minute:.1f} |" for kind in found.invented]
    return "\n".join(lines) + "\n"
