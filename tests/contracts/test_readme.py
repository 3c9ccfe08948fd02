"""What the README and the page on Python show works as it is shown."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from heartseg import Segmentation
from heartseg.stream import SimulatedHeart, Sound

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize(("page", "blocks", "sounds"), [("README.md", 1, 1), ("docs/python.md", 3, 2)])
def test_the_python_examples(page, blocks, sounds, tmp_path, monkeypatch, capsys):
    for library in ("pandas", "matplotlib"):
        pytest.importorskip(library, reason=f"the extra 'test' brings {library}")
    x = np.concatenate(list(itertools.islice(SimulatedHeart().blocks(), 50)))
    soundfile.write(tmp_path / "heart.wav", x, 44_100, "FLOAT")
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.S)
    names = {}
    for example in examples:
        exec(compile(example, page, "exec"), names)
    printed = capsys.readouterr().out
    assert len(examples) == blocks and len(re.findall(r"^(?:Sound\(|S[12] )", printed, re.M)) >= 8 * sounds
    assert isinstance(names["found"], Segmentation)
    if blocks > 1:
        assert len([event for event in names["events"] if isinstance(event, Sound)]) >= 8


def test_every_option_shown_exists():
    from heartseg.offline.cli import parser as offline
    from heartseg.stream.cli import parser as live

    for command, parser in (("heartseg-live", live()), ("heartseg-offline", offline())):
        for line in re.findall(rf"^\$ {command} (.*?)(?:  +#.*)?$", README, re.M):
            words = line.replace("recordings/*.wav", "a.wav").split()
            parser.parse_args(words)
