"""Plans: the recordings in a fixed order, cut into shards."""

import json

import pytest
from offline_command import run

from heartseg.offline.archive.shards.plan import read_plan
from heartseg.offline.datasets.recording import DataError

NAMES = ["a-b.wav", "a.flac", "a.wav", "one/a.wav", "two/deep/ö.ogg"]


@pytest.fixture
def archive(tmp_path):
    """Five files with the names of recordings, and what is none."""
    root = tmp_path / "archive"
    for name in reversed(NAMES):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "one/notes.txt").write_text("no sound")
    return root


def names(plan):
    return [[item.name.as_posix() for item in shard.items] for shard in plan.shards()]


def test_a_plan_lists_each_recording_once_in_shards(archive, tmp_path, capsys):
    path = tmp_path / "a.plan"
    assert run("plan", archive, archive / "**/a.*", "--out", path, "--shard-size", 2) == 0
    said = capsys.readouterr()
    assert said.out == f"{path}\n" and "5 recordings, 0.0 GB, in 3 shards" in said.err
    plan = read_plan(path)
    assert plan.recordings == 5 and [len(shard) for shard in names(plan)] == [2, 2, 1]
    assert sorted(name for shard in names(plan) for name in shard) == sorted(NAMES)
    for item in (item for shard in plan.shards() for item in shard.items):
        status = (archive / item.name).stat()
        assert item.file == archive / item.name and item.place == item.name
        assert item.state.size == status.st_size and item.state.stamp == str(status.st_mtime_ns)


def test_the_same_recordings_give_the_same_plan(archive, tmp_path, monkeypatch):
    monkeypatch.chdir(archive)
    sources = ([archive], ["."], ["**/*.*"], [archive, "**/*.wav"])
    for number, source in enumerate(sources):
        assert run("plan", *source, "--out", tmp_path / str(number), "--shard-size", 3) == 0
    assert len({(tmp_path / str(number)).read_bytes() for number in range(len(sources))}) == 1
    (archive / "a.wav").write_text("changed")
    assert run("plan", archive, "--out", tmp_path / "new", "--shard-size", 3) == 0
    old, new = (read_plan(tmp_path / name).heads for name in ("0", "new"))
    assert [a.sha256 == b.sha256 for a, b in zip(old, new, strict=True)] == [False, True]


def test_what_cannot_be_planned(archive, tmp_path, capsys):
    path = tmp_path / "a.plan"
    assert run("plan", archive / "*.mp3", "--out", path) == 1
    assert "no recording there" in capsys.readouterr().err and not path.exists()
    assert run("plan", archive / "none.wav", archive / "one", "--out", path) == 1
    assert "none.wav: no such file" in capsys.readouterr().err and read_plan(path).recordings == 1
    before = path.read_bytes()
    assert run("plan", archive, "--out", path) == 2
    assert "--force" in capsys.readouterr().err and path.read_bytes() == before
    assert run("plan", archive / "a.wav", archive / "one/a.wav", "--out", path, "--force") == 2
    assert "results of one name" in capsys.readouterr().err and path.read_bytes() == before
    assert run("plan", archive, "--out", tmp_path / "b", "--shard-size", 0) == 2
    assert not list(tmp_path.glob("*.part")) and not list(tmp_path.glob(".*"))


def test_a_name_that_is_no_text(tmp_path):
    odd = tmp_path / "archive" / "\udcff.wav"
    odd.parent.mkdir()
    odd.write_text("no sound")
    assert run("plan", odd.parent, "--out", tmp_path / "a.plan") == 0
    ((item,),) = (shard.items for shard in read_plan(tmp_path / "a.plan").shards())
    assert item.file == odd and item.file.read_text() == "no sound"


def test_damaged_plans_are_refused(archive, tmp_path, capsys):
    path = tmp_path / "a.plan"
    assert run("plan", archive, "--out", path, "--shard-size", 2) == 0
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    damaged = [
        whole[:-20],  # torn
        b"".join(lines[:-1]),
        b"".join([*lines[:4], *lines[7:]]),  # a shard is gone
        whole.replace(b'"schema": 1', b'"schema": 9'),
        whole.replace(b'"shard": 1', b'"shard": "x"'),
    ]
    for content in damaged:
        path.write_bytes(content)
        assert run("segment", path, "--out", tmp_path / "out") == 1
        said = capsys.readouterr().err
        assert str(path) in said and ("plan` makes one" in said or "make it again" in said)
    path.write_bytes(whole.replace(b'"name": "a.wav"', b'"name": "b.wav"'))
    with pytest.raises(DataError, match="damaged; make the plan again"):
        list(read_plan(path).shards())
    assert run("status", tmp_path / "none", tmp_path) == 1
    assert "none: cannot be read" in capsys.readouterr().err


@pytest.mark.slow
def test_20_000_tiny_files(tmp_path, capsys):
    for number in range(20_000):
        if not number % 1000:
            (tmp_path / f"in/{number:05d}").mkdir(parents=True)
        with open(tmp_path / f"in/{number // 1000 * 1000:05d}/{number:05d}.wav", "xb"):
            pass
    assert run("plan", tmp_path / "in", "--out", tmp_path / "a.plan") == 0
    plan = read_plan(tmp_path / "a.plan")
    assert [head.recordings for head in plan.heads] == [1000] * 20
    listed = [item.file for shard in plan.shards() for item in shard.items]
    assert len(set(listed)) == 20_000 and listed == sorted(listed)
    capsys.readouterr()
    assert run("segment", tmp_path / "a.plan", "--out", tmp_path / "out", "--shard", "7/20", "--jobs", 1) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 11 and "1000 recordings failed" in said[-1]
    (result,) = (tmp_path / "out").iterdir()
    _, *rows, _ = map(json.loads, result.read_bytes().splitlines())
    assert [row["file"] for row in rows] == [f"07000/{number:05d}.wav" for number in range(7000, 8000)]
    assert all("the file is empty" in row["error"] for row in rows)
