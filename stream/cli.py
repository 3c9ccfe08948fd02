"""`heartseg-live`: name each lub and dub as it is heard."""

import argparse
import contextlib
import os
import signal
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .notice import NOTICE

if TYPE_CHECKING:
    from .engine import Engine
    from .feeders import Feeder
    from .recording import WavRecording
    from .segmenter import Lag
    from .view import View

_EXAMPLES = f"""\
examples:
  heartseg-live --demo                          a simulated heart
  heartseg-live --replay heart.wav              a recording, in real time
  heartseg-live --replay heart.wav --speed max --jsonl events.jsonl
  heartseg-live --device                        the default microphone

keys in the display: q quit, space hold, m mark, r record, + - height, ? help
exit status: 0 done; 1 the work failed; 2 the command was wrong
{NOTICE}
"""
_REFRESH_S = 0.1


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    value = float(text) if text.replace(".", "", 1).isdecimal() else 0.0
    if not 0.01 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"{text}: expected 'max' or a factor from 0.01 to 1000")
    return value


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(
        prog="heartseg-live", description="Name each lub (S1) and dub (S2) of a heart as it is heard.",
        epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    p.add_argument("--version", action="version", version=f"heartseg {version('heartseg')}. {NOTICE}")
    source = p.add_mutually_exclusive_group()
    source.add_argument(
        "--device",
        nargs="?",
        const="",
        metavar="ID|NAME",
        help="listen to a capture device: its number, a part of its name, or the default",
    )
    source.add_argument("--replay", metavar="FILE", help="play a recording through the live engine")
    source.add_argument(
        "--demo", nargs="?", const=72.0, type=float, metavar="BPM", help="listen to a simulated heart (default: 72 bpm)"
    )
    p.add_argument("--wait", action="store_true", help="wait for the device where it is not there or is in use")
    p.add_argument("--list-devices", action="store_true", help="show the capture devices and stop")
    p.add_argument("--explain-latency", action="store_true", help="show what the lag is made of and stop")
    p.add_argument("--channel", type=int, metavar="N", help="channel of the recording, from 1 (default: the mean)")
    p.add_argument(
        "--speed",
        type=_speed,
        default=1.0,
        metavar="X|max",
        help="replay at X times real time, or as fast as it goes (default: 1)",
    )
    p.add_argument(
        "--lag", type=float, metavar="MS", help="lag that most sounds keep to, from centre to event (default: 390)"
    )
    p.add_argument("--jsonl", metavar="FILE|-", help="write events as JSON Lines ('-': to standard output)")
    p.add_argument("--record", metavar="FILE.wav", help="keep what the engine heard")
    p.add_argument("--beep", action="store_true", help="click at each lub and dub as it is named")
    p.add_argument("--lsl", action="store_true", help="publish S1 and S2 as markers of Lab Streaming Layer")
    p.add_argument("--no-display", action="store_true", help="plain lines instead of the display")
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    p = parser()
    args = p.parse_args(argv)
    from .source import NoSuchSource, SourceError

    if args.list_devices or args.device is not None or args.beep:
        _own_stderr()
    try:
        if args.list_devices:
            from .devices import list_devices

            print("\n".join(list_devices()) or "no capture device was found")
            return 0
        return _listen(p, args)
    except NoSuchSource as error:
        _say(str(error))
        return 2
    except SourceError as error:
        _say(str(error))
        return 1
    except OSError as error:
        _say(f"{error.filename or 'standard output'}: {error.strerror}")
        return 1
    except _AtOnce as error:
        signal.signal(error.number, signal.SIG_DFL)
        signal.raise_signal(error.number)
        return 1
    except KeyboardInterrupt:
        return 0


def _say(message: str) -> None:
    with contextlib.suppress(OSError):  # the terminal has gone
        print(f"heartseg-live: {message}", file=sys.stderr)


def _own_stderr() -> None:
    """Keep file descriptor 2 from PortAudio and ALSA, which write there whenever they like; ours is a copy of it."""
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _refuse(p: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Options that do not go together, and outputs that would overwrite what is read or each other."""
    if args.channel is not None and args.replay is None:
        p.error("--channel goes with --replay")
    if args.speed != 1.0 and args.device is not None:
        p.error("--speed does not go with --device")
    if args.wait and args.device is None:
        p.error("--wait goes with --device")
    if args.lsl and args.speed is None:
        p.error("--lsl needs a replay that keeps time, not --speed max")
    files = [f for f in (args.replay, args.record, args.jsonl) if f not in (None, "-")]
    if len({os.path.realpath(f) for f in files}) < len(files):
        p.error("--replay, --record and --jsonl name the same file")


def _lag(p: argparse.ArgumentParser, ms: float | None) -> "Lag":
    from .segmenter import DEFAULT_LAG, Lag

    if ms is None:
        return DEFAULT_LAG
    try:
        return Lag.within(ms)
    except ValueError as error:
        p.error(f"--lag {ms:g}: {error}")


def _listen(p: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    from .about import explain_latency
    from .feeders import Replay
    from .source import FileSource

    _refuse(p, args)
    lag = _lag(p, args.lag)
    feeder: Feeder
    warnings: list[str] = []
    if args.device is not None:
        from .microphone import Microphone, wait_for

        device = args.device or None
        feeder = wait_for(device, _say) if args.wait else Microphone(device)
        name = feeder.name
    elif args.explain_latency:
        feeder, name = Replay([]), ""
    elif args.replay is not None:
        file = FileSource(args.replay, args.channel)
        warnings, name = file.warnings, file.name
        feeder = Replay(file.blocks(), args.speed)
    elif args.demo is not None:
        from .heart import SimulatedHeart

        if not 30 <= args.demo <= 240:
            p.error(f"--demo {args.demo:g}: a heart beats 30 to 240 times a minute")
        heart = SimulatedHeart(args.demo)
        feeder, name = Replay(heart.blocks(), args.speed), heart.name
    else:
        p.error("say what to listen to: --device, --replay FILE or --demo")
    if args.explain_latency:
        print("\n".join(explain_latency(lag, feeder.latency)))
        return 0
    return _run(args, lag, feeder, name, warnings)


def _run(args: argparse.Namespace, lag: "Lag", feeder: "Feeder", name: str, warnings: list[str]) -> int:
    from ..models import ModelError, load
    from .about import session
    from .engine import Engine, SinkError
    from .lines import PlainLines
    from .recording import WavRecording
    from .segmenter import Segmenter
    from .sinks import JsonLines
    from .view import View

    view = View()
    terminal = (
        sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") not in (None, "dumb", "unknown")
    )
    screen = terminal and not args.no_display and args.jsonl != "-"
    try:
        segmenter = Segmenter(load(), lag)
        recording = WavRecording(args.record)
        sinks: list[Any] = [recording]
        if args.jsonl:
            sinks.append(JsonLines(args.jsonl, session(segmenter, name, feeder.latency)))
        if args.lsl:
            from .lsl import LslMarkers

            sinks.append(LslMarkers(name, feeder.when))
        if screen:
            sinks.append(view)
        elif args.jsonl != "-":
            sinks.append(PlainLines())
    except (ModelError, SinkError) as error:
        _say(str(error))
        return 1
    if args.beep:
        from .beep import Beep, BeepError

        try:
            sinks.insert(0, Beep())
        except BeepError as error:
            _say(f"--beep: {error}; listening without")
    engine = Engine(segmenter, feeder, sinks)
    _on_signals(engine)
    engine.start()
    broken = None
    if screen:
        broken = _show(engine, view, recording, name, lag)
    else:
        _report(engine, name, recording)
    if recording.failure and screen:
        warnings.append(recording.failure)
    for warning in warnings:
        _say(f"warning: {warning}")
    for failure in (engine.failure, broken):
        if failure:
            _say(failure)
    return 1 if engine.failure or broken or recording.failure else 0


class _AtOnce(BaseException):
    """The second signal: the terminal is restored on its way up, and nothing else is waited for."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _report(engine: "Engine", name: str, recording: "WavRecording") -> None:
    """Wait for the end, and say what changes but is no event: the device's state and the recording's."""
    state, message = engine.state, recording.message
    ended = False
    while not ended:
        ended = engine.wait(_REFRESH_S)
        if engine.state != state:
            state = engine.state
            _say(f"{name}: {state}")
        if recording.message != message:
            message = recording.message
            _say(f"warning: {message}")


def _on_signals(engine: "Engine") -> None:
    """Ctrl-C and SIGTERM end the run in good order; a second one ends it at once."""
    asked = False

    def stop(number: int, _frame: Any) -> None:
        nonlocal asked
        if asked:
            raise _AtOnce(number)
        asked = True
        engine.ask_to_stop()

    for number in (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ())):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup leaves it
            signal.signal(number, stop)


def _show(engine: "Engine", view: "View", recording: "WavRecording", name: str, lag: "Lag") -> str | None:
    from rich.console import Console

    from .display import Display
    from .look import Look
    from .screen import show
    from .sinks import stdout_failed

    console = Console(highlight=False)
    title = f"heartseg {version('heartseg')}"
    display = Display(engine, view, recording, Look.of(console), title, name, lag.bound_ms)
    broken = show(engine, view, recording, display, console)
    try:
        console.print(*_summary(engine, view), sep="\n", markup=False)
    except OSError as error:  # the terminal has gone
        stdout_failed(error)
    return broken


def _summary(engine: "Engine", view: "View") -> list[str]:
    from .clock import seconds
    from .lines import plain_line
    from .notice import NOTICE

    state = view.snapshot()
    lines = [plain_line(event, None) for event in state.events[-4:]]
    return [
        *lines,
        f"{seconds(state.position):.1f} s heard, {seconds(engine.accounts.dropped):.2f} s dropped. {NOTICE}",
    ]
