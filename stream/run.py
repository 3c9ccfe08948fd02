"""One run of `heartseg-live`: sinks, engine, display or plain reports, and the end."""

import argparse
import os
import signal
import sys
from importlib.metadata import version
from typing import Any

from ..models import ModelError, load
from .commandline.messages import remark, say
from .display.state import History
from .engine import Engine
from .rates import STREAM_RATE
from .segmenter.lag import Lag
from .segmenter.segmenter import Segmenter
from .sinks.base import OutputClosed, Sink, SinkError
from .sinks.jsonl import JsonLines, silence_stdout
from .sinks.newfile import FileThere
from .sinks.session import session
from .sinks.summary import Summary
from .sinks.text import PlainLines
from .sinks.wav import WavRecording
from .sources.base import Source

_REFRESH_S = 0.1


def run(args: argparse.Namespace, lag: Lag, source: Source) -> int:
    """Listen to a source until it ends or the user stops it. Returns the exit status."""
    with_display = _is_terminal() and not args.no_display and not args.quiet and args.jsonl != "-"
    history, summary = History(), Summary()
    recording = WavRecording()
    try:
        segmenter = _segmenter(args, lag)
        recording = WavRecording(args.record, args.force)
        sinks: list[Sink] = [recording, *_sinks(args, segmenter, source)]
        if with_display:
            sinks += [history, summary]
        elif args.jsonl != "-" and not args.quiet:
            sinks.append(PlainLines())
    except (ModelError, SinkError) as error:
        recording.discard()
        return _not_begun(error)
    engine = Engine(segmenter, source, sinks)
    _stop_on_signals(engine)
    engine.start()
    display_failure = None
    if with_display:
        display_failure = _show(engine, history, recording, lag)
        _print_summary(summary.lines(engine.accounts))
    else:
        _report(engine, recording)
    for line in (line for sink in sinks for line in sink.written()):
        remark(line)
    warnings = [*source.warnings, *([recording.failure] if recording.failure and with_display else [])]
    for warning in warnings:
        say(f"warning: {warning}")
    failures = [failure for failure in (engine.failure, display_failure) if failure]
    for failure in failures:
        say(failure)
    return 1 if failures or recording.failure else 0


def _not_begun(error: ModelError | SinkError) -> int:
    """Say why the run does not begin. Returns the exit status."""
    if isinstance(error, OutputClosed):
        return 0
    say(str(error))
    return 2 if isinstance(error, FileThere) else 1


def _segmenter(args: argparse.Namespace, lag: Lag) -> Segmenter:
    """Raises ModelError, also if the network cannot serve this lag."""
    return Segmenter(load(args.model) if args.model else None, lag, sensitivity=args.sensitivity, rate=STREAM_RATE)


def _is_terminal() -> bool:
    """Whether standard output is a terminal that a display can steer."""
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") not in (None, "dumb", "unknown")


def _sinks(args: argparse.Namespace, segmenter: Segmenter, source: Source) -> list[Sink]:
    """The sinks of --beep, --lsl and --jsonl; the file comes last, so that none is left where another fails.

    Raises SinkError.
    """
    sinks = _clicks() if args.beep else []
    if args.lsl:
        from .sinks.lsl import LslMarkers

        sinks.append(LslMarkers(source.name, source.when))
    if args.jsonl:
        sinks.append(JsonLines(args.jsonl, session(segmenter, source.name, source.latency), args.force))
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
    """Run the display. Returns the reason if it failed."""
    from rich.console import Console

    from .display.loop import show
    from .display.monitor import Monitor

    console = Console(highlight=False)
    monitor = Monitor(engine, history, recording, f"heartseg {version('heartseg')}", lag.bound_ms)
    return show(engine, recording, monitor, console)


def _print_summary(lines: list[str]) -> None:
    try:
        print("\n".join(lines), flush=True)
    except OSError:  # the terminal has been closed
        silence_stdout()
