"""Worker processes, each segmenting one recording at a time. They read; only the parent process writes."""

import multiprocessing
import signal
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from ...models import Network, load, load_systole, read_card
from ...stream import heartseg_version
from ...stream.segmenter.lag import Lag
from ...stream.sources.base import SourceError
from ..formats import FORMATS
from ..segmentation import segment_source
from .find import Item
from .places import LostError, label
from .remote import opened
from .shards.rows import event_lines
from .summary import Row, row_of

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection as Connection
else:
    from multiprocessing.connection import Connection

OnSamples = Callable[[Item, int], None]
"""Called with a recording and the number of stream samples (44,100 Hz) that were processed since the last call."""


@dataclass(frozen=True)
class Settings:
    """How recordings are segmented.

    form: name of the format of the results, None for no result of each recording. lag, sensitivity, systole: the
    segmenter's. for_shards: whether the lines of a shard's result are wanted, too.
    """

    form: str | None
    lag: Lag
    sensitivity: str = "normal"
    for_shards: bool = False
    systole: bool = False

    def fingerprint(self) -> dict[str, Any]:
        """All that the events depend on besides the sound: the version, the models, the lag and the sensitivity."""
        return {
            "heartseg": heartseg_version(),
            "model_sha256": read_card(self.lag.network).sha256,
            "lag": asdict(self.lag),
            "sensitivity": self.sensitivity,
            **({"systole_model": load_systole().name} if self.systole else {}),
        }


@dataclass(frozen=True)
class Outcome:
    """The content of a recording's result, its events as lines for a shard, and its row; or an error message.

    is_lost: whether the recording could not be reached, so that another try may segment it.
    """

    item: Item
    content: bytes = b""
    lines: bytes = b""
    row: Row = field(default_factory=dict)
    error: str = ""
    is_lost: bool = False


def outcome(item: Item, settings: Settings, network: Network, on_samples: OnSamples | None) -> Outcome:
    """Segment one recording. An error becomes the outcome's message."""
    try:
        with opened(item.file, item.state) as source:
            findings = segment_source(
                source,
                network,
                settings.lag,
                (lambda length: on_samples(item, length)) if on_samples else lambda length: None,
                sensitivity=settings.sensitivity,
                systole=settings.systole,
            )
        content = FORMATS[settings.form].write(findings) if settings.form else b""
        lines = event_lines(item.place, findings) if settings.for_shards else b""
        return Outcome(item, content, lines, row_of(item.place, findings, settings.systole))
    except SourceError as error:
        return Outcome(item, error=str(error), is_lost=isinstance(error, LostError))
    except Exception as error:  # one recording in ten thousand must not cost the others
        return Outcome(item, error=f"{label(item.file)}: cannot be segmented ({type(error).__name__}: {error})")


def outcomes(
    items: Iterable[Item], settings: Settings, jobs: int, on_samples: OnSamples
) -> Generator[Outcome, None, None]:
    """The outcome of each recording, as they come. jobs: processes; 1 is this one.

    Close the iterator to end the processes at once.
    """
    if jobs == 1:
        network = load(settings.lag.network)
        yield from (outcome(item, settings, network, on_samples) for item in items)
    else:
        yield from outcomes_of_workers(items, settings, jobs, on_samples)


def outcomes_of_workers(
    items: Iterable[Item], settings: Settings, jobs: int, on_samples: OnSamples | None = None
) -> Generator[Outcome, None, None]:
    """The outcome of each recording, as they come, from processes that are started for it. None touches this one.

    The recordings are taken one by one, as processes get free. Where a process dies, another takes its recording; if
    that one dies, too, the recording has failed. Close the iterator to end the processes at once.
    """
    coming = iter(items)
    again: list[Item] = []
    deadly: set[Item] = set()
    busy: dict[Connection, tuple[BaseProcess, Item]] = {}

    def following() -> Item | None:
        return again.pop() if again else next(coming, None)

    try:
        while True:
            while len(busy) < jobs and (first := following()):
                connection, process = _start(settings, on_samples is not None)
                busy[connection] = process, _give(connection, first)
            if not busy:
                return
            for ready in wait(list(busy)):
                assert isinstance(ready, Connection)
                process, item = busy[ready]
                try:
                    message = ready.recv()
                except (EOFError, OSError):
                    process.join(1.0)  # wait for its own exit status, before the kill below sets another
                    _end(ready, busy.pop(ready)[0])
                    if item in deadly:
                        yield Outcome(item, error=f"{item.file}: two processes that read it died ({_why(process)})")
                    else:
                        deadly.add(item)
                        again.append(item)
                    continue
                if isinstance(message, int):
                    assert on_samples is not None
                    on_samples(item, message)
                    continue
                if following_item := following():
                    busy[ready] = process, _give(ready, following_item)
                else:
                    _end(ready, busy.pop(ready)[0])
                yield message
    finally:
        for connection, (process, _) in busy.items():
            _end(connection, process)


def _start(settings: Settings, counting: bool) -> tuple[Connection, BaseProcess]:
    context = multiprocessing.get_context("spawn")  # a fork would copy ONNX Runtime's locks without their threads
    parent_end, child_end = context.Pipe()
    process = context.Process(target=_serve, args=(child_end, settings, counting), daemon=True)
    # Ctrl-C reaches every process of the terminal; only the parent handles it. A child inherits the ignored signal,
    # except on Windows.
    previous_handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, previous_handler)
    child_end.close()
    return parent_end, process


def _give(connection: Connection, item: Item) -> Item:
    with suppress(OSError):  # a dead process is found when its pipe is read
        connection.send(item)
    return item


def _end(connection: Connection, process: BaseProcess) -> None:
    process.kill()
    process.join()
    connection.close()


def _why(process: BaseProcess) -> str:
    code = process.exitcode or 0
    return signal.Signals(-code).name if code < 0 else f"exit status {code}"


def _serve(connection: Connection, settings: Settings, counting: bool) -> None:
    """Answer recordings with their outcomes, until the parent ends this process. counting: tell the samples, too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    network = load(settings.lag.network)
    on_samples: OnSamples | None = (lambda _, length: connection.send(length)) if counting else None
    with suppress(EOFError, OSError):  # the parent has gone
        while True:
            connection.send(outcome(connection.recv(), settings, network, on_samples))
