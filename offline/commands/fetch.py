"""`heartseg-offline fetch`: download a public set."""

import argparse
from pathlib import Path

from ..console import UsageError, say
from . import Commands, command

SETS = ("circor", "cinc2016", "pascal")


def add(commands: Commands) -> None:
    """Describe the command."""
    p = command(commands, "fetch", "download a public set from its home", "circor --to data/circor")
    p.add_argument("set", choices=SETS, help="CirCor DigiScope, CinC 2016 (training sets), or PASCAL 2011 (set A)")
    p.add_argument("--to", type=Path, required=True, metavar="DIR", help="where it goes; run again to go on")
    p.add_argument("--url", metavar="BASE", help="a mirror, of the same layout as the set's home")
    p.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do it; returns the exit status."""
    from ..datasets.download import FetchError
    from ..datasets.fetch import HOMES, fetch

    home = HOMES[args.set]
    base = (args.url or home.base).rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise UsageError(f"--url {args.url}: expected an address that begins with http:// or https://")
    print(home.credit)
    say(f"from {base}")
    try:
        files, before = fetch(home, base, args.to)
    except FetchError as error:
        say(str(error))
        return 1
    print(f"{files} files ({before} were there) in {args.to}; see them with: heartseg-offline data {args.to}")
    return 0
