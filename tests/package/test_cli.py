"""`heartseg` and `python -m heartseg`: they pass on to `live` and to the commands for files."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from heartseg import cli
from heartseg.stream.sources.simulated import SimulatedHeart


@pytest.fixture
def heart(tmp_path):
    path = tmp_path / "heart.wav"
    soundfile.write(path, np.concatenate(list(itertools.islice(SimulatedHeart().blocks(), 60))), 44_100)
    return path


def test_alone_it_says_what_to_type_first(capsys):
    assert cli.main([]) == 0
    said = capsys.readouterr().out
    assert "heartseg live --demo" in said and said.endswith("Not a medical device.\n") and len(said.splitlines()) < 15


def test_live_starts_without_the_code_for_files(heart):
    code = (
        "import sys\nfrom heartseg.cli import main\n"
        f"status = main(['live', '--replay', {str(heart)!r}, '--speed', 'max', '--quiet'])\n"
        "print(sorted(m for m in sys.modules if m.startswith('heartseg.offline')), status)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (result.stdout, result.stderr) == ("[] 0\n", "")


def test_messages_begin_with_the_command(tmp_path, capsys):
    assert cli.main(["live", "--replay", str(tmp_path / "none.wav")]) in (1, 2)
    assert cli.main(["plot", str(tmp_path / "none.wav")]) == 1
    live, plot = capsys.readouterr().err.splitlines()
    assert live.startswith("heartseg live: ") and plot.startswith("heartseg plot: ")


def test_help_names_the_command(capsys):
    for words in (["live", "--help"], ["segment", "--help"]):
        with pytest.raises(SystemExit) as stop:
            cli.main(words)
        said = capsys.readouterr().out
        assert stop.value.code == 0 and f"  heartseg {words[0]} " in said and f"usage: heartseg {words[0]} " in said


@pytest.mark.parametrize("args", ["data {set}", "data --help", ""])
def test_a_reader_that_goes_away_is_no_error(tmp_path, args):
    (tmp_path / "1_AV.tsv").write_text("0\t0.1\t1\n0.1\t0.3\t2\n0.3\t0.4\t3\n0.4\t1\t4\n")
    soundfile.write(tmp_path / "1_AV.wav", np.zeros(4000), 4000)
    command = f"'{sys.executable}' -m heartseg {args.format(set=tmp_path)} | true; exit ${{PIPESTATUS[0]}}"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
