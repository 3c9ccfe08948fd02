"""`heartseg-offline segment`: whole archives to files of events, going on where an earlier run stopped."""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from ...models import load
from ...stream.rates import seconds
from ...stream.sources.base import SourceError
from ...stream.sources.ffmpeg import FFMPEG_ENDINGS
from ...stream.sources.file import FileSource
from ..console import SoundRate, bar, write_whole
from ..formats import FORMATS, Format
from .find import Item
from .manifest import Entry, Manifest
from .workers import Settings, outcomes

_FOREIGN = "exists, and no earlier run has made it; choose another --out, or overwrite it with --force"
_LONGEST_S = 1e7  # a longer one comes from a header that was written before the length was known


@dataclass
class Report:
    """Counts of recordings done now and before, a message for each failure, and whether the run was stopped."""

    done: int = 0
    before: int = 0
    failed: list[str] = field(default_factory=list)
    stopped: bool = False


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def segment_files(
    items: Sequence[Item], out: Path, settings: Settings, jobs: int, again: bool, force: bool,
    say: Callable[[str], None],
) -> Report:  # fmt: skip
    """Write one result per recording into `out`, each whole or not at all, and add it to the manifest there.

    again: also redo results of earlier runs. force: overwrite files that no run has made. Ctrl-C ends the run early;
    finished results stay. Raises OSError if `out` cannot be used.
    """
    out.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(
        out,
        {
            "heartseg": version("heartseg"),
            "model_sha256": load(settings.lag.network).card.sha256,
            "lag": asdict(settings.lag),
            "sensitivity": settings.sensitivity,
        },
    )
    form = FORMATS[settings.form]
    report = Report()
    entries: dict[Item, Entry] = {}
    for item in items:
        target = _target(item, out, form)
        if not again and manifest.made(target, item.file):
            report.before += 1
        elif target.resolve() == item.file.resolve() or (manifest.foreign(target) and not force):
            report.failed.append(f"{target}: {_FOREIGN}")
        else:
            entries[item] = manifest.entry(target, item.file)
    if not entries:
        return report
    with bar(SoundRate()) as progress:
        remaining_s = (
            dict.fromkeys(entries, 0.0) if progress.disable else {item: _length(item.file) for item in entries}
        )
        total = sum(remaining_s.values())
        task = progress.add_task("segmenting", total=total, done=f"0/{len(entries)}")

        def on_samples(item: Item, length: int) -> None:
            remaining_s[item] -= seconds(length)
            progress.advance(task, seconds(length))

        try:
            with closing(outcomes(list(entries), settings, min(jobs, len(entries)), on_samples)) as results:
                for number, outcome in enumerate(results, 1):
                    for warning in outcome.warnings:
                        say(f"warning: {warning}")
                    failure = outcome.error or _store(
                        outcome.content, _target(outcome.item, out, form), manifest, entries[outcome.item]
                    )
                    if failure:
                        report.failed.append(failure)
                    else:
                        report.done += 1
                    total -= remaining_s[outcome.item]  # headers may be wrong
                    progress.update(task, total=total, done=f"{number}/{len(entries)}")
        except KeyboardInterrupt:
            report.stopped = True
    return report


def _target(item: Item, out: Path, form: Format) -> Path:
    return out / item.name.parent / (item.name.name + form.ending)


def _length(file: Path) -> float:
    """Length in seconds according to the header; 0 if unknown."""
    if file.suffix.lower() in FFMPEG_ENDINGS:  # a program to start for each
        return 0.0
    try:
        source = FileSource(file)
    except SourceError:
        return 0.0
    source.close()
    return source.seconds if source.seconds < _LONGEST_S else 0.0


def _store(content: bytes, target: Path, manifest: Manifest, entry: Entry) -> str:
    """Write a result, whole or not at all, and its manifest line. Returns an error message, or an empty string."""
    try:
        manifest.claim(target)
        write_whole(target, content)
        manifest.add(entry)
    except OSError as error:
        return f"{target}: cannot be written ({error.strerror})"
    return ""
