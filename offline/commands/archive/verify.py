"""`heartseg-offline verify`: whether each recording of a plan has its result, unharmed."""

import argparse

from ...console import UsageError, say
from ..options import add_plan

EXAMPLE = "archive.plan results --sample 20"

_FAULTS_SHOWN = 20


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    add_plan(p)
    p.add_argument(
        "--sample", type=int, default=0, metavar="N",
        help="also segment N recordings again, spread over the plan, and compare (default: 0)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Check, print what was found and say what is wrong; returns the exit status."""
    from ...archive.shards.plan import read_plan
    from ...archive.shards.verify import verify

    if args.sample < 0:
        raise UsageError(f"--sample {args.sample}: expected 0 or more")
    plan = read_plan(args.plan)
    verdict = verify(plan, args.results, args.sample)
    print(f"{verdict.recordings} of {plan.recordings} recordings have a result, {verdict.failed} of them an error")
    if args.sample:
        print(f"{verdict.redone} redone")
    for fault in verdict.faults[:_FAULTS_SHOWN]:
        say(fault)
    if len(verdict.faults) > _FAULTS_SHOWN:
        say(f"and {len(verdict.faults) - _FAULTS_SHOWN} more faults")
    return 1 if verdict.faults else 0
