# PYTHON_ARGCOMPLETE_OK
"""`heartseg`: `live`, and all commands of `heartseg-offline`."""

import sys

from .stream import NOTICE
from .stream.commandline.messages import pipe_may_close
from .stream.commandline.parser import CommandParser, add_version, complete

_FIRST_STEPS = f"""\
heartseg names each lub (S1) and dub (S2) of a heart as it is heard.

  heartseg live --demo              a simulated heart; q quits
  heartseg live --device            the default microphone
  heartseg live --replay FILE       a recording, in real time
  heartseg segment FILE --out DIR   the heart sounds of a recording in a file
  heartseg report FILE              a recording and its heart sounds as one HTML page

`heartseg --help` lists all commands, and `heartseg COMMAND --help` the options of one.
{NOTICE}"""


def parser() -> CommandParser:
    """The command line, with every command."""
    from .offline.cli import EPILOG, add_commands
    from .stream.cli import add_options

    description = "Name each lub (S1) and dub (S2) of a heart, live and in files."
    p = CommandParser(prog="heartseg", description=description, epilog=EPILOG)
    add_version(p)
    p.add_command("live", "listen to a microphone, a recording or a simulated heart", add_options)
    add_commands(p)
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit status. `live` starts without the code of the other commands."""
    complete(parser)
    words = sys.argv[1:] if argv is None else argv
    if not words:
        with pipe_may_close():
            print(_FIRST_STEPS)
        return 0
    if words[0] == "live":
        from .stream.cli import main as live

        return live(words[1:], "heartseg live")
    from .offline.cli import execute

    return execute(parser(), words)
