"""The methods that are compared: heartseg itself, and peers from a package index in environments of their own."""

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from heartseg.offline.cli import main as heartseg_offline
from heartseg.offline.datasets.recording import Recording

SETS = ("circor/dev", "cinc2016/dev", "pascal")
"""The sets of the benchmark, below the folder of public sets."""

READER = "soundfile>=0.13"

_HERE = Path(__file__).parent


class PeerError(Exception):
    """A method could not be installed or did not run. The message names it."""


@dataclass(frozen=True)
class Peer:
    """A method of others. requirements: its packages. program: a file of this folder that writes its label tracks."""

    requirements: tuple[str, ...]
    program: str

    def segment(self, name: str, out: Path, recordings: list[Recording], folder: Path) -> None:
        """Write the tracks of the recordings into `folder`. Raises PeerError."""
        python = self._install(name, out / "environments" / name)
        names = "".join(f"{r.audio.resolve()}\n" for r in recordings)
        command = [python, str(_HERE / self.program), str(folder)]
        done = subprocess.run(command, input=names, text=True, check=False)
        if done.returncode:
            raise PeerError(f"{name}: {self.program} stopped with status {done.returncode}")

    def _install(self, name: str, folder: Path) -> str:
        """The Python of the peer's environment, made where it is missing."""
        python = str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
        versions = folder / "versions.txt"
        if not versions.exists():
            print(f"installs {name} into {folder}", file=sys.stderr)
            venv.create(folder, clear=True, with_pip=True)
            command = [python, "-m", "pip", "install", "--quiet", *self.requirements, READER]
            if subprocess.run(command, check=False).returncode:
                raise PeerError(f"{name}: pip could not install {' '.join(self.requirements)}")
            frozen = subprocess.run([python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True)
            versions.write_text(frozen.stdout)
        return python


@dataclass(frozen=True)
class Heartseg:
    """heartseg at a lag."""

    lag: str

    def segment(self, name: str, out: Path, recordings: list[Recording], folder: Path) -> None:
        """Write the results of the recordings into `folder`. Raises PeerError."""
        paths = [str(r.audio) for r in recordings]
        if heartseg_offline(["segment", *paths, "--out", str(folder), "--lag", self.lag]):
            raise PeerError(f"{name}: could not segment the recordings")


METHODS: dict[str, Peer | Heartseg] = {
    "heartseg-live": Heartseg("live"),
    "heartseg-whole": Heartseg("full"),
    "BioSPPy": Peer(("biosppy==2.2.4", "peakutils==1.3.5"), "biosppy_pcg.py"),
    "pyPCG": Peer(("pypcg_toolbox==0.1b5",), "pypcg_peaks.py"),
}
"""All methods, by name."""
