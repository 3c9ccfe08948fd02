"""Which recordings the arguments name, and what their results are called."""

from pathlib import Path

from archives import heart

from heartseg.offline.archive.find import Item, find_recordings, same_names

NAMES = ["a", "one/a", "one/b", "two/c", "two/deep/a"]


def names(*named):
    found = find_recordings([Path(n) for n in named])
    return sorted(item.name.as_posix() for item in found.items), found.failures


def test_what_is_found(archive):
    assert names(archive) == (NAMES, [])
    assert names(archive / "one") == (["a", "b"], [])
    assert names(archive / "**/*.wav") == (["a", "one/b"], [])
    assert names(archive / "**/a.*") == (["a", "one/a", "two/deep/a"], [])
    assert names(archive / "o?e/*") == (["one/a", "one/b"], [])
    assert names(archive / "one/b.wav", archive / "two") == (["b", "c", "deep/a"], [])
    assert names(archive / "one/a.flac", archive / "one", archive / "one/*.flac") == (["a", "b"], [])
    assert names(archive / "none.wav") == (["none"], [])  # told of when it is opened
    for nothing in (archive / ".hidden/deeper", archive / "*.mp3"):
        nothing.name == "deeper" and nothing.mkdir()
        assert names(nothing)[0] == [] and str(nothing) in names(nothing)[1][0]


def test_a_name_with_wildcards_in_it(tmp_path):
    odd = heart(tmp_path / "a[1].wav", 1)
    assert names(odd) == (["a[1]"], [])


def test_names_that_clash():
    items = [Item(Path("x/a.wav"), Path("a")), Item(Path("y/a.wav"), Path("a")), Item(Path("y/b/a.wav"), Path("b/a"))]
    assert same_names(items) == [(Path("x/a.wav"), Path("y/a.wav"))]


def test_recordings_that_differ_in_their_ending_have_results_of_their_own(archive):
    (archive / "one/b.flac").touch()
    (archive / "b.flac").touch()
    (archive / "one/A.wav").touch()  # one name where a disk knows no capitals
    assert names(archive) == (["a", "b", "one/A.wav", "one/a.flac", "one/b.flac", "one/b.wav", *NAMES[3:]], [])


def test_what_needs_ffmpeg(archive, tmp_path, monkeypatch):
    for name in ("one/memo 1.m4a", "one/film.MP4", "two/memo.m4a"):
        (archive / name).touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_recordings([archive, archive / "one", archive / "two/*.m4a"])
    assert len(found.items) == 7 and "*.m4a: no recording there" in found.failures[0]
    said = found.without_ffmpeg()
    assert "3 passed over (1 .mp4, 2 .m4a)" in said and f"ffmpeg -i {archive / 'one/film.MP4'} " in said
    (tmp_path / "ffmpeg").touch(0o755)
    found = find_recordings([archive])
    assert len(found.items) == 8 and not found.without_ffmpeg()
