"""The options of `heartseg-live`: what they take, and which of them do not go together."""

import argparse
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..sources.raw import RawForm


def speed(text: str) -> float | None:
    """A factor of real time, None for "max". Raises ArgumentTypeError."""
    if text == "max":
        return None
    value = float(text) if text.replace(".", "", 1).isdecimal() else 0.0
    if not 0.01 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"{text}: expected 'max' or a factor from 0.01 to 1000")
    return value


def raw_form(text: str) -> "RawForm":
    """The form of headerless sound. Raises ArgumentTypeError."""
    from ..sources.raw import RawForm

    try:
        return RawForm.of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from None


def refuse(p: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Refuse options that do not go together, and outputs that would overwrite something."""
    if args.channel is not None and args.replay is None and args.device is None:
        p.error("--channel goes with --replay and --device")
    if args.raw is not None and args.replay is None:
        p.error("--raw goes with --replay")
    if args.speed != 1.0 and args.device is not None:
        p.error("--speed does not go with --device")
    if args.wait and args.device is None:
        p.error("--wait goes with --device")
    if args.lsl and args.speed is None:
        p.error("--lsl needs a replay that keeps time, not --speed max")
    if args.play and (args.device is not None or args.speed != 1.0):
        p.error("--play goes with --replay and --demo in real time")
    if args.loop and (args.replay in (None, "-") or args.raw is not None or args.speed is None):
        p.error("--loop goes with --replay FILE, in real time or at another speed, not --speed max")
    if args.loop and (args.jsonl or args.record or args.lsl):
        p.error("--loop does not go with --jsonl, --record and --lsl: they write each moment once")
    files = [f for f in (args.replay, args.model, args.record, args.jsonl) if f not in (None, "-")]
    if len({_identity(f) for f in files}) < len(files):
        p.error("--replay, --model, --record and --jsonl should name different files")
    _keep_files(p, args)


def _identity(path: str) -> object:
    """What two names of one file have in common: its number on the disk, or its place where it is still to be made."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return os.path.realpath(path)
    return status.st_dev, status.st_ino


def _keep_files(p: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Refuse to overwrite a file unasked, and a recording whose name promises another format."""
    from ..sinks.newfile import FileThere, refuse_to_overwrite

    record = args.record or ""
    is_file = os.path.isfile(record) or not os.path.exists(record)  # not /dev/null
    if args.record is not None and is_file and not record.lower().endswith(".wav"):
        p.exit(2, f"{p.prog}: --record {record}: a recording is a WAV file; give a name that ends in .wav\n")
    try:
        for path in (f for f in (args.record, args.jsonl) if f not in (None, "-")):
            refuse_to_overwrite(path, args.force)
    except FileThere as error:
        p.exit(2, f"{p.prog}: {error}\n")
