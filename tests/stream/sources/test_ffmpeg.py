"""What libsndfile cannot open comes through ffmpeg, at its own rate and with its own channels."""

import shutil
import struct
import subprocess

import numpy as np
import pytest
import soundfile

from heartseg.stream.cli import main
from heartseg.stream.sources.base import SourceError
from heartseg.stream.sources.file import FileSource

TONE = 0.5 * np.sin(2 * np.pi * 100 * np.arange(16_000) / 8000)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """An `ffmpeg` that answers with two channels at 8,000 Hz, and ends as it is told to."""

    def make(ending="", whole=True):
        sound = np.stack([TONE, 0 * TONE], axis=1).astype(">f4").tobytes()
        header = struct.pack(">4sIIIII", b".snd", 28, 0xFFFFFFFF, 6, 8000, 2) + bytes(4)
        (tmp_path / "sound").write_bytes(header + sound if whole else b"")
        program = tmp_path / "bin/ffmpeg"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat {tmp_path}/sound\n{ending}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    memo = tmp_path / "memo.M4A"
    memo.write_bytes(b"not for libsndfile")
    return make, memo


def heard(path, channel=None):
    source = FileSource(path, channel)
    return np.concatenate([*source.blocks(), np.zeros(0, np.float32)]), source


def test_rate_and_channels_are_the_file_s(fake):
    make, memo = fake
    make()
    both, source = heard(memo)
    assert source.rate == 8000 and not source.warnings and abs(len(both) - 88_200) <= 1
    first, second = heard(memo, 1)[0], heard(memo, 2)[0]
    assert np.abs(second).max() == 0 and 0.49 < np.abs(first[4410:80_000]).max() < 0.51
    np.testing.assert_allclose(both, first / 2, atol=1e-6)
    with pytest.raises(SourceError, match="no channel 3; it has 2"):
        FileSource(memo, 3)


@pytest.mark.parametrize(("answer", "length"), [("echo 2.000000", 88_200), ("echo N/A", None), ("exit 1", None)])
def test_it_can_be_sought_where_its_length_is_known(fake, tmp_path, answer, length):
    make, memo = fake
    make()
    probe = tmp_path / "bin/ffprobe"
    probe.write_text(f"#!/bin/sh\n{answer}\n")
    probe.chmod(0o755)
    x, source = heard(memo)
    assert source.length == length
    if length:
        later = source.again(44_100)
        np.testing.assert_allclose(np.concatenate([*later.blocks()])[2000:], x[46_100:], atol=1e-3)
        assert later.length == length and not later.warnings
        assert sum(map(len, source.again(200_000).blocks())) == 0


def test_ffmpeg_gets_the_file_and_no_more(fake, tmp_path):
    """A name that looks like an option or an address is a file's, and keys are not for ffmpeg."""
    make, memo = fake
    make()
    heard(memo)
    arguments = (tmp_path / "arguments").read_text()
    assert f"-i file:{memo}" in arguments and "-nostdin" in arguments


@pytest.mark.parametrize(
    ("ending", "reason"),
    [("echo first >&2; echo 'moov atom not found' >&2; exit 1", "moov atom not found"), ("exit 3", "status 3")],
)
def test_its_errors_are_one_line(fake, ending, reason):
    make, memo = fake
    make(ending, whole=False)
    with pytest.raises(SourceError, match=reason) as caught:
        FileSource(memo)
    assert str(memo) in str(caught.value) and "\n" not in str(caught.value)


def test_what_came_before_an_error_is_used(fake):
    make, memo = fake
    make("yes 'a bad packet' | head -n 100000 >&2; exit 1")  # more lines than a pipe holds
    x, source = heard(memo)
    assert abs(len(x) - 88_200) <= 1
    assert len(source.warnings) == 1 and "damaged after 2.00 s (ffmpeg: a bad packet)" in source.warnings[0]


def test_without_ffmpeg_the_command_to_type(fake, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    memo = (tmp_path / "memo.M4A").rename(tmp_path / "my memo.m4a")
    assert main(["--replay", str(memo)]) == 1
    said = capsys.readouterr().err
    assert f"ffmpeg -i '{memo}' '{memo.with_suffix('.wav')}'" in said and len(said.splitlines()) == 1


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
def test_the_real_one(tmp_path):
    soundfile.write(tmp_path / "a.wav", TONE, 8000)
    for arguments in (["-i", "a.wav", "a.m4a"], ["-f", "lavfi", "-i", "color=d=0.2", "-c:v", "mpeg4", "mute.mp4"]):
        subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *arguments], cwd=tmp_path, check=True)
    x, source = heard(tmp_path / "a.m4a")
    assert abs(source.length - 88_200) < 12_000
    assert abs(sum(map(len, source.again(44_100).blocks())) - len(x) + 44_100) <= 1
    assert not source.warnings and abs(len(x) - 88_200) < 12_000
    assert 0.45 < np.abs(x[8820:44_100]).max() < 0.55
    with pytest.raises(SourceError, match="ffmpeg"):
        FileSource(tmp_path / "mute.mp4")
