"""`heartseg-offline segment`: recordings to files of events, by the same segmenter that listens live."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..models import Network
from ..stream.about import session
from ..stream.events import Event, Sound
from ..stream.segmenter import Lag, Segmenter
from ..stream.source import FileSource, SourceError
from .formats import FORMATS


def segment(path: Path, network: Network, lag: Lag) -> tuple[list[Event], dict[str, Any], dict[str, Any], list[str]]:
    """The events of one recording, its session and end lines, and warnings. Raises SourceError."""
    segmenter, source = Segmenter(network, lag), FileSource(path)
    events: list[Event] = []
    for block in source.blocks():
        events += segmenter.push(block)
    events += segmenter.flush()
    kinds = Counter(e.kind for e in events if isinstance(e, Sound))
    end = {
        "type": "end",
        "samples": {
            "captured": segmenter.position,
            "processed": segmenter.processed,
            "dropped": segmenter.dropped,
        },
        "sounds": {"S1": kinds["S1"], "S2": kinds["S2"]},
    }
    return events, session(segmenter, source.name), end, source.warnings


def same_names(files: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Pairs of files whose results would have one name."""
    first: dict[str, Path] = {}
    pairs = []
    for file in files:
        if first.setdefault(file.stem, file) is not file:
            pairs.append((first[file.stem], file))
    return pairs


def segment_files(
    files: Sequence[Path], out: Path, form: str, network: Network, lag: Lag, say: Callable[[str], None]
) -> list[Path]:
    """Write one result a recording into `out`, each whole or not at all; returns the recordings that failed."""
    ending, write = FORMATS[form]
    out.mkdir(parents=True, exist_ok=True)
    failed = []
    for file in files:
        target = out / (file.stem + ending)
        part = target.with_name(target.name + ".part")
        try:
            if ending == ".tsv" and target.exists() and os.path.samefile(out, file.parent):
                raise SourceError(f"{target}: lies beside its recording and may be its reference; choose another --out")
            events, first, last, warnings = segment(file, network, lag)
            part.write_text(write(events, first, last), encoding="utf-8")
            os.replace(part, target)
        except (SourceError, OSError) as error:
            reason = f"{target}: cannot be written ({error.strerror})" if isinstance(error, OSError) else str(error)
            part.unlink(missing_ok=True)
            say(reason)
            failed.append(file)
            continue
        for warning in warnings:
            say(f"warning: {warning}")
    return failed
