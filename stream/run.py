"""One run of `heartseg-live`: sinks, engine, display or plain reports, and the end."""

import argparse
import os
import signal
import sys
from functools import partial
from importlib.metadata import version
from typing import Any

from ..models import ModelError, load
from .commandline.messages import remark, say
from .display.player import Player, Run
from .display.state import History
from .engine import Engine
from .rates import STREAM_RATE
from .segmenter.lag import Lag
from .segmenter.segmenter import Segmenter
from .sinks.base import OutputClosed, Sink, SinkError
from .sinks.click import Beep
from .sinks.jsonl import JsonLines, silence_stdout
from .sinks.newfile import FileThere
from .sinks.output import OutputError
from .sinks.play import Later, Playback
from .sinks.session import session
from .sinks.summary import Summary
from .sinks.text import PlainLines
from .sinks.wav import WavRecording
from .sources.base import Source
from .sources.replay import Replay

_REFRESH_S = 0.1


def run(args: argparse.Namespace, lag: Lag, source: Source) -> int:
    """Listen to a source until it ends or the user stops it. Returns the exit status."""
    with_display = _is_terminal() and not args.no_display and not args.quiet and args.jsonl != "-"
    recording = WavRecording()
    try:
        recording = WavRecording(args.record, args.force)
        runs = _Runs(args, lag, recording, with_display)
        player = Player(source, runs.begin, writes=bool(args.jsonl or args.record or args.lsl), loops=args.loop)
    except (ModelError, SinkError) as error:
        recording.discard()
        return _not_begun(error)
    _stop_on_signals(player)
    player.start()
    display_failure = None
    if with_display:
        display_failure = _show(player, recording, lag, args.systole)
        _print_summary(runs.summary.lines())
    else:
        _report(player, recording)
    for line in (line for sink in runs.sinks for line in sink.written()):
        remark(line)
    warnings = [*player.source.warnings, *([recording.failure] if recording.failure and with_display else [])]
    for warning in warnings:
        say(f"warning: {warning}")
    failures = [failure for failure in (player.run.engine.failure, display_failure) if failure]
    for failure in failures:
        say(failure)
    return 1 if failures or recording.failure else 0


class _Runs:
    """Makes the runs of a command. `sinks` are those of the latest, `summary` is of all.

    Raises ModelError, also if the network cannot serve this lag, and SinkError.
    """

    def __init__(self, args: argparse.Namespace, lag: Lag, recording: WavRecording, with_display: bool) -> None:
        self._args, self._lag, self._recording, self._with_display = args, lag, recording, with_display
        self._network = load(args.model) if args.model else None
        self.summary = Summary(args.systole)
        self.sinks: list[Sink] = []
        self._lacking: set[str] = set()

    def begin(self, source: Source) -> Run:
        """The run of a source."""
        args = self._args
        segmenter = Segmenter(
            self._network, self._lag, sensitivity=args.sensitivity, rate=STREAM_RATE, systole=args.systole
        )
        origin, ahead = (source.origin, source.ahead) if isinstance(source, Replay) else (0, 0)
        history, audible = History(origin), _audible(args, self._lacking)
        self._recording.begin_at(origin)
        self.summary.begin_at(origin, ahead)
        later = [Later(sink, ahead) for sink in audible]
        self.sinks = [self._recording, *later, *_sinks(args, segmenter, source)]
        if self._with_display:
            self.sinks += [history, self.summary]
        elif args.jsonl != "-" and not args.quiet:
            self.sinks.append(PlainLines(args.systole))
        is_heard = any(isinstance(sink, Playback) for sink in audible)
        return Run(Engine(segmenter, source, self.sinks), history, is_heard)


def _not_begun(error: ModelError | SinkError) -> int:
    """Say why the run does not begin. Returns the exit status."""
    if isinstance(error, OutputClosed):
        return 0
    say(str(error))
    return 2 if isinstance(error, FileThere) else 1


def _is_terminal() -> bool:
    """Whether standard output is a terminal that a display can steer. The display is not made for Windows."""
    if sys.platform == "win32" or sys.stdout is None:
        return False
    return sys.stdout.isatty() and os.environ.get("TERM") not in (None, "dumb", "unknown")


def _sinks(args: argparse.Namespace, segmenter: Segmenter, source: Source) -> list[Sink]:
    """The sinks of --lsl and --jsonl; the file comes last, so that none is left where another fails.

    Raises SinkError.
    """
    sinks: list[Sink] = []
    if args.lsl:
        from .sinks.lsl import LslMarkers

        sinks.append(LslMarkers(source.name, source.when))
    if args.jsonl:
        sinks.append(JsonLines(args.jsonl, session(segmenter, source.name, source.latency), args.force))
    return sinks


def _audible(args: argparse.Namespace, lacking: set[str]) -> list[Sink]:
    """The sinks of --beep and --play. Without an output device there are none, and the user is told.

    lacking: the options without one, so that a jump does not tell it again.
    """
    sinks: list[Sink] = []
    for option, is_wanted, sink in (
        ("--beep", args.beep, Beep),
        ("--play", args.play is not None, partial(Playback, args.play == "speakers")),
    ):
        if is_wanted and option not in lacking:
            try:
                sinks.append(sink())
            except OutputError as error:
                say(f"{option}: {error}; listening without")
                lacking.add(option)
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


def _show(player: Player, recording: WavRecording, lag: Lag, systole: bool) -> str | None:
    """Run the display. Returns the reason if it failed."""
    from rich.console import Console

    from .display.loop import show
    from .display.monitor import Monitor

    console = Console(highlight=False)
    monitor = Monitor(player, recording, f"heartseg {version('heartseg')}", lag.bound_ms, systole)
    return show(player, recording, monitor, console)


def _print_summary(lines: list[str]) -> None:
    try:
        print("\n".join(lines), flush=True)
    except OSError:  # the terminal has been closed
        silence_stdout()
