"""One run of `heartseg-live`: the sinks that were asked for, the engine, the display or plain reports, the end."""

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
from .rates import seconds
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
    """Print a line for the person at the terminal, apart from the events on standard output."""
    with contextlib.suppress(OSError):  # the terminal has gone
        print(f"heartseg-live: {message}", file=sys.stderr)


def run(args: argparse.Namespace, lag: Lag, source: Source) -> int:
    """Listen to a source until it ends or the user stops it; returns the exit status."""
    history = History()
    terminal = (
        sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") not in (None, "dumb", "unknown")
    )
    screen = terminal and not args.no_display and args.jsonl != "-"
    try:
        segmenter = Segmenter(load(), lag)
        recording = WavRecording(args.record)
        sinks: list[Sink] = [*_clicks(args), recording]
        if args.jsonl:
            sinks.append(JsonLines(args.jsonl, session(segmenter, source.name, source.latency)))
        if args.lsl:
            from .sinks.lsl import LslMarkers

            sinks.append(LslMarkers(source.name, source.when))
        if screen:
            sinks.append(history)
        elif args.jsonl != "-":
            sinks.append(PlainLines())
    except (ModelError, SinkError) as error:
        say(str(error))
        return 1
    engine = Engine(segmenter, source, sinks)
    _on_signals(engine)
    engine.start()
    broken = None
    if screen:
        broken = _show(engine, history, recording, lag)
    else:
        _report(engine, recording)
    warnings = [*source.warnings, *([recording.failure] if recording.failure and screen else [])]
    for warning in warnings:
        say(f"warning: {warning}")
    for failure in (engine.failure, broken):
        if failure:
            say(failure)
    return 1 if engine.failure or broken or recording.failure else 0


def _clicks(args: argparse.Namespace) -> list[Sink]:
    if not args.beep:
        return []
    from .sinks.click import Beep, BeepError

    try:
        return [Beep()]
    except BeepError as error:
        say(f"--beep: {error}; listening without")
        return []


class AtOnce(BaseException):
    """The second signal: the terminal is restored on its way up, and nothing else is waited for."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _report(engine: Engine, recording: WavRecording) -> None:
    """Wait for the end. Report changes that are no events: the state of the source and of the recording."""
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


def _on_signals(engine: Engine) -> None:
    """Ctrl-C and SIGTERM end the run in good order; a second one ends it at once."""
    asked = False

    def stop(number: int, _frame: Any) -> None:
        nonlocal asked
        if asked:
            raise AtOnce(number)
        asked = True
        engine.ask_to_stop()

    for number in (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ())):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup leaves it
            signal.signal(number, stop)


def _show(engine: Engine, history: History, recording: WavRecording, lag: Lag) -> str | None:
    """Run the display, then print a summary. Returns the reason if the display failed."""
    from rich.console import Console

    from .display.loop import show
    from .display.monitor import Monitor

    console = Console(highlight=False)
    monitor = Monitor(engine, history, recording, f"heartseg {version('heartseg')}", lag.bound_ms)
    failure = show(engine, history, recording, monitor, console)
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
