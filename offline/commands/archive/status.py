"""`heartseg-offline status`: how far the shards of a plan are."""

import argparse

from ..options import add_plan

EXAMPLE = "archive.plan results"


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    add_plan(p)


def run(args: argparse.Namespace) -> int:
    """Print what is done, the rate and the time left; returns the exit status."""
    from ...archive.shards.plan import read_plan
    from ...archive.shards.status import status_of

    status = status_of(read_plan(args.plan), args.results)
    print(f"shards      {status.shards_done} of {status.shards} done")
    print(f"recordings  {status.recordings_done} of {status.recordings} done, {status.failed} failed")
    if status.rate is not None:
        print(f"rate        {status.rate:.1f} recordings a second")
    if status.left_s is not None:
        print(f"time left   {_duration(status.left_s)}")
    if status.newest_s is not None:
        print(f"newest      {_duration(status.newest_s)} ago")
    return 0


def _duration(seconds: float) -> str:
    minutes, left = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {left} s" if minutes else f"{left} s"
