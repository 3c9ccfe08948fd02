"""What the README shows works as it is shown."""

import itertools
import re
from pathlib import Path

import numpy as np
import soundfile

from heartseg.stream import SimulatedHeart, Sound

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_python_example(tmp_path, monkeypatch, capsys):
    x = np.concatenate(list(itertools.islice(SimulatedHeart().blocks(), 40)))
    soundfile.write(tmp_path / "heart.wav", x, 44_100)
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", README, re.S)
    exec(compile(example, "README.md", "exec"), {})
    assert capsys.readouterr().out.count(Sound.__name__) >= 6


def test_every_option_shown_exists():
    from heartseg.offline.cli import parser as offline
    from heartseg.stream.cli import parser as live

    for command, parser in (("heartseg-live", live()), ("heartseg-offline", offline())):
        for line in re.findall(rf"^\$ {command} (.*?)(?:  +#.*)?$", README, re.M):
            words = line.replace("recordings/*.wav", "a.wav").split()
            parser.parse_args(words)
