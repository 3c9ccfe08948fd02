"""`heartseg-offline segment`: whole archives to files of events, going on where an earlier run stopped."""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ...stream.rates import seconds
from ...stream.sources.base import SourceError
from ...stream.sources.ffmpeg import FFMPEG_ENDINGS
from ...stream.sources.file import FileSource
from ..console import SoundRate, bar, refuse_to_overwrite, write_whole
from ..formats import FORMATS
from ..formats.results import SUMMARY
from .find import Item
from .manifest import Entry, Manifest
from .places import is_remote
from .summary import Row, table
from .workers import Outcome, Settings, outcomes

_FOREIGN = "exists, and no earlier run has made it; choose another --out, or overwrite it with --force"
_LONGEST_S = 1e7  # a longer one comes from a header that was written before the length was known


@dataclass
class Report:
    """What came of the recordings.

    done, before: rows of the summary, of those done now and in earlier runs. failed: a message for each failure.
    stopped: whether Ctrl-C ended the run. no_summary: why the summary could not be written, or empty.
    """

    done: list[Row] = field(default_factory=list)
    before: list[Row] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    stopped: bool = False
    no_summary: str = ""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def segment_files(
    items: Sequence[Item], out: Path, settings: Settings, jobs: int, again: bool, force: bool,
    say: Callable[[str], None],
) -> Report:  # fmt: skip
    """Write one result per recording into `out`, each whole or not at all, and add it to the manifest there.

    The summary there has a row for each recording, of earlier runs, too. again: also redo results of earlier runs.
    force: overwrite files that no run has made. Ctrl-C ends the run early; finished results stay. Raises OSError if
    `out` cannot be used, and UsageError where the summary would overwrite another file.
    """
    out.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(out, settings.fingerprint())
    refuse_to_overwrite(out / SUMMARY, force or not manifest.foreign(out / SUMMARY))
    manifest.claim(out / SUMMARY)
    report, form = Report(), settings.form
    assert form is not None
    entries: dict[Item, Entry] = {}
    for item in items:
        target = result_of(item, out, form)
        if not again and (row := manifest.made(target, item.file)):
            report.before.append(row)
        elif target.resolve() == item.file.resolve() or (manifest.foreign(target) and not force):
            report.failed.append(f"{target}: {_FOREIGN}")
        else:
            entries[item] = manifest.entry(target, item.file)

    def store(outcome: Outcome) -> None:
        target = result_of(outcome.item, out, form)
        for warning in outcome.row.get("warnings", ()):
            say(f"warning: {warning}")
        entry = {**entries[outcome.item], "row": outcome.row}
        failure = outcome.error or _write(target, outcome.content, manifest, entry)
        if failure:
            report.failed.append(failure)
        else:
            report.done.append(outcome.row)

    if entries:
        report.stopped = not _segment(list(entries), settings, jobs, store)
    if rows := manifest.rows():
        report.no_summary = _write(out / SUMMARY, table(rows), manifest)
    return report


def _segment(items: Sequence[Item], settings: Settings, jobs: int, store: Callable[[Outcome], None]) -> bool:
    """Segment under a progress bar, and store each outcome. Returns False where Ctrl-C stopped it."""
    with bar(SoundRate()) as progress:
        remaining_s = dict.fromkeys(items, 0.0) if progress.disable else {item: _length(item.file) for item in items}
        total = sum(remaining_s.values())
        task = progress.add_task("segmenting", total=total, done=f"0/{len(items)}")

        def on_samples(item: Item, length: int) -> None:
            remaining_s[item] -= seconds(length)
            progress.advance(task, seconds(length))

        try:
            with closing(outcomes(items, settings, min(jobs, len(items)), on_samples)) as results:
                for number, outcome in enumerate(results, 1):
                    store(outcome)
                    total -= remaining_s[outcome.item]  # headers may be wrong
                    progress.update(task, total=total, done=f"{number}/{len(items)}")
        except KeyboardInterrupt:
            return False
    return True


def result_of(item: Item, out: Path, form: str) -> Path:
    """The file for the result of a recording."""
    return out / item.name.parent / (item.name.name + FORMATS[form].ending)


def _length(file: Path) -> float:
    """Length in seconds according to the header; 0 if unknown."""
    if is_remote(file) or file.suffix.lower() in FFMPEG_ENDINGS:  # a connection or a program for each
        return 0.0
    try:
        source = FileSource(file)
    except SourceError:
        return 0.0
    source.close()
    return source.seconds if source.seconds < _LONGEST_S else 0.0


def _write(target: Path, content: bytes, manifest: Manifest, entry: Entry | None = None) -> str:
    """Write a file of ours, whole or not at all, then its manifest line. Returns an error message, or nothing."""
    try:
        manifest.claim(target)
        write_whole(target, content)
        if entry:
            manifest.add(entry)
    except OSError as error:
        return f"{target}: cannot be written ({error.strerror})"
    return ""
