# PYTHON_ARGCOMPLETE_OK
"""`heartseg live` and `heartseg-live`: the options, and the errors that end it."""

import argparse
import signal
from typing import TYPE_CHECKING

from . import NOTICE
from .commandline.messages import print_anything, say, speak_as
from .commandline.options import raw_form, refuse, speed
from .commandline.parser import CommandParser, add_quiet, add_version, complete
from .commandline.settings import SettingsError, read_settings, settings_file

if TYPE_CHECKING:
    from .segmenter.lag import Lag
    from .sources.base import Source

_EPILOG = """\
examples:
  {prog} --demo                          a simulated heart
  {prog} --replay heart.wav              a recording, in real time
  {prog} --replay heart.wav --speed max --jsonl events.jsonl
  {prog} --device                        the default microphone
  {prog} --device steth --record heart.wav

keys in the display: q quit, space pause a replay or hold the picture of a device, ← → seek, m mark, r record,
  + - height, ? help
settings: {file} may hold device, channel, lag, sensitivity
exit status: 0 done; 1 the work failed; 2 the command was wrong
{notice}
"""


def parser(prog: str = "heartseg-live") -> CommandParser:
    """The command line."""
    p = CommandParser(
        prog=prog, description="Name each lub (S1) and dub (S2) of a heart as it is heard.",
        epilog=_EPILOG.format(prog=prog, file=settings_file(), notice=NOTICE),
    )  # fmt: skip
    add_options(p)
    return p


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_version(p)
    add_quiet(p, "neither the display nor plain lines")
    source = p.add_mutually_exclusive_group()
    source.add_argument(
        "-d",
        "--device",
        nargs="?",
        const="",
        metavar="ID|NAME",
        help="listen to a capture device, by its number or a part of its name (default: the default device)",
    )
    source.add_argument("--replay", metavar="FILE|-", help="listen to a recording ('-': on standard input)")
    source.add_argument(
        "--demo", nargs="?", const=72.0, type=float, metavar="BPM", help="listen to a simulated heart (default: 72 bpm)"
    )
    p.add_argument("--wait", action="store_true", help="wait for the device if it is absent or in use")
    p.add_argument("--list-devices", action="store_true", help="list the capture devices and exit")
    p.add_argument("--explain-latency", action="store_true", help="explain the lag, stage by stage, and exit")
    p.add_argument(
        "--channel", type=int, metavar="N", help="channel of the device or the recording, from 1 (default: the mean)"
    )
    p.add_argument(
        "--raw", type=raw_form, metavar="RATE[:FORMAT[:CHANNELS]]",
        help="the recording has no header; formats: s16, s24, s32, f32, u8, little endian (default: s16, 1 channel)",
    )  # fmt: skip
    p.add_argument(
        "--speed", type=speed, default=1.0, metavar="X|max",
        help="replay at X times real time, or as fast as possible (default: 1)",
    )  # fmt: skip
    p.add_argument(
        "-l", "--lag", type=float, metavar="MS",
        help="bound of the lag, from the centre of a sound to its event; most sounds keep to it (default: 390)",
    )  # fmt: skip
    p.add_argument(
        "--sensitivity", choices=("low", "normal", "high"), default="normal",
        help="how easily a heart is believed: 'high' for a poor sound, 'low' for noisy surroundings (default: normal)",
    )  # fmt: skip
    p.add_argument(
        "--model", metavar="NAME|FILE",
        help="network to use: the name of a shipped one, or an .onnx file with its card (.json) beside it",
    )  # fmt: skip
    p.add_argument(
        "--systole", action="store_true",
        help="also say whether a murmur-like sound is heard in systole: for review, not a diagnosis",
    )  # fmt: skip
    p.add_argument("--jsonl", metavar="FILE|-", help="write the events as JSON Lines ('-': to standard output)")
    p.add_argument("--record", metavar="FILE.wav", help="record the stream: mono, 44.1 kHz, 32-bit float")
    p.add_argument("-f", "--force", action="store_true", help="overwrite the files of --record and --jsonl")
    p.add_argument("--beep", action="store_true", help="click at the onset of each lub and dub")
    p.add_argument(
        "--play", nargs="?", const="headphones", choices=("headphones", "speakers"),
        help="hear the replay; 'speakers' raises the pitch, as small loudspeakers give nothing so low "
        "(default: headphones)",
    )  # fmt: skip
    p.add_argument("--loop", action="store_true", help="begin the recording again at its end")
    p.add_argument("--lsl", action="store_true", help="publish S1 and S2 as markers of Lab Streaming Layer")
    p.add_argument("--no-display", action="store_true", help="print plain lines instead of the display")


def main(argv: list[str] | None = None, prog: str = "heartseg-live") -> int:
    """Run the command. Returns the exit status."""
    complete(parser)
    print_anything()
    p = parser(prog)
    args = _parse(p, argv)
    speak_as(prog, args.quiet)
    refuse(p, args)
    lag = _lag(p, args.lag)
    from .run import AtOnce, run
    from .sinks.jsonl import silence_stdout
    from .sources.base import NoSuchSource, SourceError

    try:
        if args.list_devices or args.device is not None or args.beep or args.play:
            from .sources.portaudio import keep_stderr

            keep_stderr()
        if args.list_devices:
            from .sources.portaudio import list_devices

            print("\n".join(list_devices()) or "no capture device was found", flush=True)
            return 0
        if args.explain_latency:
            return _explain(p, args, lag)
        return run(args, lag, _source(p, args))
    except NoSuchSource as error:
        say(str(error))
        return 2
    except SourceError as error:
        say(str(error))
        return 1
    except BrokenPipeError:  # as `| head` does
        silence_stdout()
        return 0
    except OSError as error:
        say(f"{error.filename or 'standard output'}: {error.strerror}")
        return 1
    except AtOnce as error:
        signal.signal(error.number, signal.SIG_DFL)
        signal.raise_signal(error.number)
        return 1
    except KeyboardInterrupt:
        return 0


def _parse(p: argparse.ArgumentParser, argv: list[str] | None) -> argparse.Namespace:
    """The command, and what the settings file adds to it."""
    args = p.parse_args(argv)
    try:
        settings = read_settings()
    except SettingsError as error:
        p.exit(2, f"{p.prog}: {error}\n")
    device, channel = settings.pop("device", None), settings.pop("channel", None)
    p.set_defaults(**settings)
    args = p.parse_args(argv)
    is_asked = args.replay is None and args.demo is None and not args.list_devices and not args.explain_latency
    if device is not None and (args.device == "" or (args.device is None and is_asked)):
        args.device = str(device)
    if args.device is not None and args.channel is None:
        args.channel = channel
    return args


def _lag(p: argparse.ArgumentParser, ms: float | None) -> "Lag":
    from .segmenter.lag import DEFAULT_LAG, Lag

    if ms is None:
        return DEFAULT_LAG
    try:
        return Lag.within(ms)
    except ValueError as error:
        p.error(f"--lag {ms:g}: {error}")


def _source(p: argparse.ArgumentParser, args: argparse.Namespace) -> "Source":
    """The source of the options. Raises SourceError."""
    from .sources.replay import Replay

    if args.device is not None:
        from .sources.microphone import Microphone, wait_for

        device = args.device or None
        channel = args.channel
        return wait_for(device, say, channel=channel) if args.wait else Microphone(device, channel=channel)
    if args.replay is not None:
        return _replay(p, args)
    if args.demo is not None:
        from .sources.simulated import SimulatedHeart

        if not 30 <= args.demo <= 240:
            p.error(f"--demo {args.demo:g}: a heart beats 30 to 240 times a minute")
        heart = SimulatedHeart(args.demo)
        return Replay(heart.blocks(), args.speed, heart.name)
    p.error("say what to listen to: --device, --replay FILE or --demo")


def _replay(p: argparse.ArgumentParser, args: argparse.Namespace) -> "Source":
    """The source of --replay. Raises SourceError."""
    from .sources.file import FileSource
    from .sources.replay import Replay

    if args.raw is not None:
        from .sources.raw import Pipe, RawFile

        raw = RawFile(args.replay, args.raw, args.channel)
        if raw.is_file:
            return Replay(raw.blocks(), args.speed, raw.name, raw.warnings)
        if args.speed != 1.0 or args.lsl:
            p.error("--speed and --lsl do not go with a pipe: it comes at its own pace, and tells no time")
        return Pipe(raw)
    if args.replay == "-":
        from .sources.raw import recording_on_stdin

        file = recording_on_stdin(args.channel)
        return Replay(file.blocks(), args.speed, file.name, file.warnings)
    return Replay.of(FileSource(args.replay, args.channel), args.speed)


def _explain(p: argparse.ArgumentParser, args: argparse.Namespace, lag: "Lag") -> int:
    from .segmenter.lag import explain_latency

    source_latency = _source(p, args).latency if args.device is not None else {}
    print("\n".join(explain_latency(lag, source_latency)))
    print(f"{settings_file()} may hold another lag.", flush=True)
    return 0
