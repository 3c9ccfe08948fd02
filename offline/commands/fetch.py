"""`heartseg-offline fetch`: download a public set."""

import argparse
from pathlib import Path

from ..console import UsageError, remark, say
from ..datasets.download import FetchError
from ..datasets.fetch import HOMES, fetch

EXAMPLE = "circor --to data/circor"
COST = """\


  set       download              time, estimated
  circor    0.6 GB, 6,300 files   15 minutes to an hour: the server answers file by file
  cinc2016  0.3 GB, 6,500 files   15 minutes to an hour
  pascal    60 MB, 5 files        a minute"""


def add_options(p: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    p.add_argument(
        "set", choices=list(HOMES), help="CirCor DigiScope, CinC 2016 (training sets), or PASCAL 2011 (set A)"
    )
    p.add_argument(
        "--to", type=Path, required=True, metavar="DIR", help="folder for the set; run the command again to go on"
    )
    p.add_argument("--url", metavar="BASE", help="a mirror, of the same layout as the set's home")


def run(args: argparse.Namespace) -> int:
    """Download the missing files; returns the exit status."""
    home = HOMES[args.set]
    base = (args.url or home.base).rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise UsageError(f"--url {args.url}: expected an address that begins with http:// or https://")
    print(home.credit)
    remark(f"from {base}")
    try:
        files, present = fetch(home, base, args.to)
    except FetchError as error:
        say(str(error))
        return 1
    print(f"{files} files ({present} were there) in {args.to}; see them with: heartseg-offline data {args.to}")
    return 0
