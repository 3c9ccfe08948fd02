"""One run of `heartseg-live`: sinks, engine, display or plain reports, and the end."""

import argparse
import contextlib
import os
import signal
import sys
from importlib.metadata import version
from typing import Any

from ..models import ModelError, load
from . import NOTICE
from .display.state import History
from .engine import Engine
from .rates import STREAM_RATE, seconds
from .segmenter.lag import Lag
from .segmenter.segmenter import Segmenter
from .sinks.base import Sink, SinkError
from .sinks.jsonl import JsonLines, silence_stdout
from .sinks.session import session
from .sinks.text import PlainLines
from .sinks.wav import WavRecording
from .sources.base import Source

_REFRESH_S = 0.1
_SUMMARY_EVENTS = 4


def say(message: str) -> None:
    """Print a line on standard error, apart from the events on standard output."""
    with contextlib.suppress(OSError):  # the terminal has been closed
        print(f"heartseg-live: {message}", file=sys.stderr)


def run(args: argparse.Namespace, lag: Lag, source: Source) -> int:
    """Listen to a source until it ends or the user stops it. Returns the exit status."""
    history = History()
    with_display = _is_terminal() and not args.no_display and args.jsonl != "-"
    try:
        segmenter = _segmenter(args, lag)
        recording = WavRecording(args.record)
        sinks: list[Sink] = [recording, *_sinks(args, segmenter, source)]
        if with_display:
            sinks.append(history)
        elif args.jsonl != "-":
            sinks.append(PlainLines())
    except (ModelError, SinkError) as error:
        say(str(error))
        return 1
    engine = Engine(segmenter, source, sinks)
    _stop_on_signals(engine)
    engine.start()
    display_failure = None
    if with_display:
        display_failure = _show(engine, history, recording, lag)
    else:
        _report(engine, recording)
    warnings = [*source.warnings, *([recording.failure] if recording.failure and with_display else [])]
    for warning in warnings:
        say(f"warning: {warning}")
    failures = [failure for failure in (engine.failure, display_failure) if failure]
    for failure in failures:
        say(failure)
    return 1 if failures or recording.failure else 0


def _segmenter(args: argparse.Namespace, lag: Lag) -> Segmenter:
    """Raises ModelError, also if the network cannot serve this lag."""
    return Segmenter(load(args.model) if args.model else None, lag, sensitivity=args.sensitivity, rate=STREAM_RATE)


def _is_terminal() -> bool:
    """Whether standard output is a terminal that a display can steer."""
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") not in (None, "dumb", "unknown")


def _sinks(args: argparse.Namespace, segmenter: Segmenter, source: Source) -> list[Sink]:
    """The sinks of --beep, --jsonl and --lsl. Raises SinkError."""
    sinks = _clicks() if args.beep else []
    if args.jsonl:
        sinks.append(JsonLines(args.jsonl, session(segmenter, source.name, source.latency)))
    if args.lsl:
        from .sinks.lsl import LslMarkers

        sinks.append(LslMarkers(source.name, source.when))
    return sinks


def _clicks() -> list[Sink]:
    """The sink of --beep. Without an output device there is none, and the user is told."""
    from .sinks.click import Beep, BeepError

    try:
        return [Beep()]
    except BeepError as error:
        say(f"--beep: {error}; listening without")
        return []


class AtOnce(BaseException):
    """Raised by the second signal: restore the terminal and end at once."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _report(engine: Engine, recording: WavRecording) -> None:
    """Wait for the end. Report changes of the source's state and of the recording's message."""
    state, message = engine.state, recording.message
    ended = False
    while not ended:
        ended = engine.wait(_REFRESH_S)
        if engine.state != state:
            state = engine.state
            say(f"{engine.name}: {state}")
        if recording.message != message:
            message = recording.message
            say(f"warning: {message}")


def _stop_on_signals(engine: Engine) -> None:
    """The first Ctrl-C, SIGTERM or SIGHUP ends the run in good order. The second ends it at once."""
    is_stopping = False

    def stop(number: int, _frame: Any) -> None:
        nonlocal is_stopping
        if is_stopping:
            raise AtOnce(number)
        is_stopping = True
        engine.ask_to_stop()

    for number in (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ())):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(number, stop)


def _show(engine: Engine, history: History, recording: WavRecording, lag: Lag) -> str | None:
    """Run the display, then print a summary. Returns the reason if the display failed."""
    from rich.console import Console

    from .display.loop import show
    from .display.monitor import Monitor

    console = Console(highlight=False)
    monitor = Monitor(engine, history, recording, f"heartseg {version('heartseg')}", lag.bound_ms)
    failure = show(engine, recording, monitor, console)
    try:
        console.print(*_summary(engine, history), sep="\n", markup=False)
    except OSError:  # the terminal has been closed
        silence_stdout()
    return failure


def _summary(engine: Engine, history: History) -> list[str]:
    state = history.state()
    return [
        *(event.as_text() for event in state.events[-_SUMMARY_EVENTS:]),
        f"{seconds(state.position):.1f} s heard, {seconds(engine.accounts.dropped):.2f} s dropped. {NOTICE}",
    ]
