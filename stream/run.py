"""One run of `heartseg-live`: sinks, engine, display or plain reports, and the end."""

import argparse
import contextlib
import os
import signal
import sys
from functools import partial
from importlib.metadata import version
from typing import Any

from ..models import ModelError, Network, load
from . import NOTICE
from .display.player import Player, Run
from .display.state import History
from .engine import Engine
from .rates import seconds
from .segmenter.lag import Lag
from .segmenter.segmenter import Segmenter
from .sinks.base import Sink, SinkError
from .sinks.click import Beep
from .sinks.jsonl import JsonLines, silence_stdout
from .sinks.output import OutputError
from .sinks.play import Later, Playback
from .sinks.session import session
from .sinks.text import PlainLines
from .sinks.wav import WavRecording
from .sources.base import Source
from .sources.replay import Replay

_REFRESH_S = 0.1
_SUMMARY_EVENTS = 4


def say(message: str) -> None:
    """Print a line on standard error, apart from the events on standard output."""
    with contextlib.suppress(OSError):  # the terminal has been closed
        print(f"heartseg-live: {message}", file=sys.stderr)


def run(args: argparse.Namespace, lag: Lag, source: Source) -> int:
    """Listen to a source until it ends or the user stops it. Returns the exit status."""
    with_display = _is_terminal() and not args.no_display and args.jsonl != "-"
    try:
        network = load(args.model) if args.model else None
        recording = WavRecording(args.record)
        player = Player(
            source, partial(_begin, args, lag, network, recording, with_display),
            writes=bool(args.jsonl or args.record or args.lsl), loops=args.loop,
        )  # fmt: skip
    except (ModelError, SinkError) as error:
        say(str(error))
        return 1
    _stop_on_signals(player)
    player.start()
    display_failure = None
    if with_display:
        display_failure = _show(player, recording, lag)
    else:
        _report(player, recording)
    warnings = [*player.source.warnings, *([recording.failure] if recording.failure and with_display else [])]
    for warning in warnings:
        say(f"warning: {warning}")
    failures = [failure for failure in (player.run.engine.failure, display_failure) if failure]
    for failure in failures:
        say(failure)
    return 1 if failures or recording.failure else 0


def _begin(
    args: argparse.Namespace, lag: Lag, network: Network | None, recording: WavRecording, with_display: bool,
    source: Source,
) -> Run:  # fmt: skip
    """A run of a source. Raises ModelError, also if the network cannot serve this lag, and SinkError."""
    segmenter = Segmenter(network, lag, sensitivity=args.sensitivity)
    origin, ahead = (source.origin, source.ahead) if isinstance(source, Replay) else (0, 0)
    history, audible = History(origin), _audible(args)
    sinks = [recording, *(Later(sink, ahead) for sink in audible), *_sinks(args, segmenter, source)]
    if with_display:
        sinks.append(history)
    elif args.jsonl != "-":
        sinks.append(PlainLines())
    is_heard = any(isinstance(sink, Playback) for sink in audible)
    return Run(Engine(segmenter, source, sinks), history, is_heard)


def _is_terminal() -> bool:
    """Whether standard output is a terminal that a display can steer."""
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") not in (None, "dumb", "unknown")


def _sinks(args: argparse.Namespace, segmenter: Segmenter, source: Source) -> list[Sink]:
    """The sinks of --jsonl and --lsl. Raises SinkError."""
    sinks: list[Sink] = []
    if args.jsonl:
        sinks.append(JsonLines(args.jsonl, session(segmenter, source.name, source.latency)))
    if args.lsl:
        from .sinks.lsl import LslMarkers

        sinks.append(LslMarkers(source.name, source.when))
    return sinks


def _audible(args: argparse.Namespace) -> list[Sink]:
    """The sinks of --beep and --play. Without an output device there are none, and the user is told."""
    sinks: list[Sink] = []
    for option, is_wanted, sink in (
        ("--beep", args.beep, Beep),
        ("--play", args.play is not None, partial(Playback, args.play == "speakers")),
    ):
        if is_wanted:
            try:
                sinks.append(sink())
            except OutputError as error:
                say(f"{option}: {error}; listening without")
    return sinks


class AtOnce(BaseException):
    """Raised by the second signal: restore the terminal and end at once."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _report(player: Player, recording: WavRecording) -> None:
    """Wait for the end. Report changes of the source's state and of the recording's message."""
    state, message = player.run.engine.state, recording.message
    while player.goes_on(stays=False):
        engine = player.run.engine
        engine.wait(_REFRESH_S)
        if engine.state != state:
            state = engine.state
            say(f"{engine.name}: {state}")
        if recording.message != message:
            message = recording.message
            say(f"warning: {message}")
    player.run.engine.wait(None)


def _stop_on_signals(player: Player) -> None:
    """The first Ctrl-C, SIGTERM or SIGHUP ends the run in good order. The second ends it at once."""
    is_stopping = False

    def stop(number: int, _frame: Any) -> None:
        nonlocal is_stopping
        if is_stopping:
            raise AtOnce(number)
        is_stopping = True
        player.ask_to_stop()

    for number in (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ())):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(number, stop)


def _show(player: Player, recording: WavRecording, lag: Lag) -> str | None:
    """Run the display, then print a summary. Returns the reason if the display failed."""
    from rich.console import Console

    from .display.loop import show
    from .display.monitor import Monitor

    console = Console(highlight=False)
    monitor = Monitor(player, recording, f"heartseg {version('heartseg')}", lag.bound_ms)
    failure = show(player, recording, monitor, console)
    try:
        console.print(*_summary(player.run), sep="\n", markup=False)
    except OSError:  # the terminal has been closed
        silence_stdout()
    return failure


def _summary(run: Run) -> list[str]:
    state, accounts = run.history.state(), run.engine.accounts
    return [
        *(event.as_text() for event in state.events[-_SUMMARY_EVENTS:]),
        f"{seconds(accounts.captured):.1f} s heard, {seconds(accounts.dropped):.2f} s dropped. {NOTICE}",
    ]
