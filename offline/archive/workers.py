"""Worker processes, each segmenting one recording at a time. They read; only the parent process writes."""

import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from ...models import Network, load
from ...stream.segmenter.lag import Lag
from ...stream.sources.base import SourceError
from ..formats import FORMATS
from ..segmentation import segment_file
from .find import Item
from .summary import Row, row_of

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection as Connection
else:
    from multiprocessing.connection import Connection

OnSamples = Callable[[Item, int], None]
"""Called with a recording and the number of stream samples (44,100 Hz) that were processed since the last call."""


@dataclass(frozen=True)
class Settings:
    """How recordings are segmented: name of the format of the results, lag, and sensitivity to a heart."""

    form: str
    lag: Lag
    sensitivity: str = "normal"


@dataclass(frozen=True)
class Outcome:
    """The content of a recording's result, and its row of the summary; or an error message."""

    item: Item
    content: bytes = b""
    row: Row = field(default_factory=dict)
    error: str = ""


def outcome(item: Item, settings: Settings, network: Network, on_samples: OnSamples) -> Outcome:
    """Segment one recording. An error becomes the outcome's message."""
    try:
        segmentation = segment_file(
            item.file,
            network,
            settings.lag,
            lambda length: on_samples(item, length),
            sensitivity=settings.sensitivity,
        )
        return Outcome(item, FORMATS[settings.form].write(segmentation), row_of(item.place, segmentation))
    except SourceError as error:
        return Outcome(item, error=str(error))
    except Exception as error:  # one recording in ten thousand must not cost the others
        return Outcome(item, error=f"{item.file}: cannot be segmented ({type(error).__name__}: {error})")


def outcomes(
    items: Sequence[Item], settings: Settings, jobs: int, on_samples: OnSamples
) -> Generator[Outcome, None, None]:
    """The outcome of each recording, as they come. Where a process dies, its recording has failed, and another starts.

    jobs: processes; 1 is this one. Close the iterator to end the processes at once.
    """
    if jobs == 1:
        network = load(settings.lag.network)
        yield from (outcome(item, settings, network, on_samples) for item in items)
        return
    queue = deque(items)
    busy: dict[Connection, tuple[BaseProcess, Item]] = {}
    try:
        while queue or busy:
            while queue and len(busy) < jobs:
                connection, process = _start(settings)
                busy[connection] = process, _give(connection, queue.popleft())
            for ready in wait(list(busy)):
                assert isinstance(ready, Connection)
                process, item = busy[ready]
                try:
                    message = ready.recv()
                except (EOFError, OSError):
                    process.join(1.0)  # wait for its own exit status, before the kill below sets another
                    _end(ready, busy.pop(ready)[0])
                    yield Outcome(item, error=f"{item.file}: the process that read it died ({_why(process)})")
                    continue
                if isinstance(message, int):
                    on_samples(item, message)
                    continue
                if queue:
                    busy[ready] = process, _give(ready, queue.popleft())
                else:
                    _end(ready, busy.pop(ready)[0])
                yield message
    finally:
        for connection, (process, _) in busy.items():
            _end(connection, process)


def _start(settings: Settings) -> tuple[Connection, BaseProcess]:
    context = multiprocessing.get_context("spawn")  # a fork would copy ONNX Runtime's locks without their threads
    parent_end, child_end = context.Pipe()
    process = context.Process(target=_serve, args=(child_end, settings), daemon=True)
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


def _serve(connection: Connection, settings: Settings) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    network = load(settings.lag.network)
    with suppress(EOFError, OSError):  # the parent has gone
        while True:
            connection.send(outcome(connection.recv(), settings, network, lambda _, samples: connection.send(samples)))
