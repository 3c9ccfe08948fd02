"""Recordings behind URLs: the same samples as from the disk, the same list, and one clear line where it fails."""

import http.server
import shutil
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from object_store import object_store
from offline_command import run

from heartseg.offline import console
from heartseg.offline.archive.find import find_recordings
from heartseg.offline.archive.places import LostError, label, place_of, state_of
from heartseg.offline.archive.remote import files_below, opened
from heartseg.offline.console import MissingExtra, UsageError
from heartseg.stream.sources.base import SourceError

pytest.importorskip("upath", reason="needs the extra remote")

BLOCK = 4 << 20
NOISE = 0.1 * np.random.default_rng(0).standard_normal(30_000)


@pytest.fixture
def memory():
    """A folder in fsspec's memory, empty."""
    folder = place_of("memory://archive")
    yield folder
    folder.fs.store.clear()


def heard(place):
    """The samples at a place as bytes, and the reader's warnings without its name."""
    with opened(place) as source:
        samples = b"".join(block.tobytes() for block in source.blocks())
    return samples, [text.removeprefix(label(place)) for text in source.warnings]


def sound(path, subtype=None):
    soundfile.write(path, NOISE, 8000, subtype)
    return path


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3", "aiff", "au", "caf", "w64", "rf64"])
def test_every_format_gives_the_samples_of_the_disk(tmp_path, memory, ending):
    path = sound(tmp_path / f"a.{ending}")
    (memory / path.name).write_bytes(path.read_bytes())
    there, here = heard(memory / path.name), heard(path)
    assert there == here and len(there[0]) > 100_000 and there[1] == []


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_what_is_cut_off_is_used_as_far_as_it_goes(tmp_path, memory, ending):
    path = sound(tmp_path / f"a.{ending}")
    path.write_bytes(path.read_bytes()[:20_000])
    (memory / path.name).write_bytes(path.read_bytes())
    there, here = heard(memory / path.name), heard(path)
    assert there == here and len(there[1]) == 1


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")
def test_what_ffmpeg_reads_is_copied_first(tmp_path, memory):
    path = sound(tmp_path / "a.wav").rename(tmp_path / "a.mka")  # ffmpeg goes by the content
    (memory / path.name).write_bytes(path.read_bytes())
    assert heard(memory / path.name) == heard(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "the file is empty"), (b"no sound " * 99, "not a sound file"), (None, "no such file")],
)
def test_what_is_no_recording_is_named_by_its_url(memory, content, message):
    if content is not None:
        (memory / "a.wav").write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught, opened(memory / "a.wav"):
        pass
    assert str(caught.value).startswith("memory://archive/a.wav: ") and not isinstance(caught.value, LostError)


def test_names_that_cannot_be_opened(monkeypatch):
    with pytest.raises(UsageError, match="foo://x: cannot be opened"):
        place_of("foo://x")
    monkeypatch.setattr(console, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"s3://a/b needs upath: pip install 'heartseg\[remote\]'"):
        place_of("s3://a/b")


def test_paths_stay_paths():
    assert place_of("a/b.wav") == Path("a/b.wav") and place_of("file:///a b/c.wav") == Path("/a b/c.wav")
    assert isinstance(place_of("a:b.wav"), Path) and place_of("x//y") == Path("x/y")


def test_a_signature_in_an_address_is_not_told():
    assert label(place_of("https://host.org/a b/c.wav?X-Signature=secret")) == "https://host.org/a b/c.wav"


def found(*arguments):
    listing = find_recordings([place_of(str(argument)) for argument in arguments])
    return [(item.name.as_posix(), str(item.file)) for item in listing.items], listing.failures


def test_what_is_found_in_folders_and_globs(memory):
    all_four = ["a.wav", "one/a b#1.flac", "one/b.wav", "two/deep/a.ogg"]
    for name in (*all_four, "one/notes.txt", ".hid/x.wav", "one/._b.wav"):
        (memory / name).parent.mkdir(parents=True, exist_ok=True)
        (memory / name).write_bytes(b"sound")
    listed, failures = found(memory)
    assert listed == [(name.rsplit(".", 1)[0], f"memory://archive/{name}") for name in all_four] and not failures
    assert [name for name, _ in found(memory / "**/*.wav")[0]] == ["a", "one/b"]
    assert [name for name, _ in found(memory / "o?e/*")[0]] == ["one/a b#1", "one/b"]
    assert found(memory / "one/b.wav")[0] == [("b", "memory://archive/one/b.wav")]
    assert "memory://archive/*.mp3: no recording there" in found(memory / "*.mp3")[1][0]


class Answers(http.server.SimpleHTTPRequestHandler):
    """A web server that knows ranges, and breaks off after the first block of what is called `lost.wav`."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        first = int((self.headers.get("Range") or "bytes=0-").split("=")[1].split("-")[0])
        if "secret" in self.path:
            return self.send_error(403)
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            return self.send_error(404)
        content = path.read_bytes()
        if "lost" in self.path and first + BLOCK > BLOCK * 2:
            self.close_connection = True
            return self.connection.close()
        self.send_response(206)
        part = content[first : first + BLOCK]
        self.send_header("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)


@pytest.fixture
def web(tmp_path):
    """A web server of a folder: its address and the folder."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Answers, directory=tmp_path))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", tmp_path
    server.shutdown()
    server.server_close()


def test_a_recording_on_the_web(web):
    address, folder = web
    path = sound(folder / "a.flac")
    assert heard(place_of(f"{address}/a.flac"))[0] == heard(path)[0]
    assert state_of(place_of(f"{address}/a.flac")).size == path.stat().st_size
    for name, message in (("none.wav", "no such file"), ("secret.wav", "permission denied")):
        with pytest.raises(SourceError, match=message), opened(place_of(f"{address}/{name}")):
            pass


def test_a_connection_that_is_lost_is_not_the_end_of_the_recording(web):
    address, folder = web
    soundfile.write(folder / "lost.wav", np.zeros(3 * BLOCK, np.int16), 8000)
    with pytest.raises(LostError, match=r"lost\.wav: cannot be read now .*; try again later"):
        heard(place_of(f"{address}/lost.wav"))


@pytest.mark.slow
def test_a_shard_whose_recordings_are_out_of_reach_is_not_written(web, capsys):
    address, folder = web
    soundfile.write(folder / "lost.wav", np.zeros(3 * BLOCK, np.int16), 8000)
    shards, out = folder / "a.plan", folder / "out"
    assert run("plan", f"{address}/lost.wav", "--out", shards) == 0
    assert run("segment", shards, "--out", out) == 1
    said = capsys.readouterr().err
    assert "lost.wav: cannot be read now" in said and not any(out.glob("*.jsonl"))
    sound(folder / "lost.wav")  # a short one, in one block
    assert run("plan", f"{address}/lost.wav", "--out", shards, "--force") == 0
    assert run("segment", shards, "--out", out) == 0 and len(list(out.glob("*.jsonl"))) == 1


def test_what_lies_behind_a_url_needs_a_folder_for_its_result(memory, tmp_path, capsys):
    assert run("segment", memory / "a.wav") == 2
    assert "choose --out DIR, or --out -" in capsys.readouterr().err
    assert run("segment", tmp_path, "--out", memory) == 2
    assert "needs a plan" in capsys.readouterr().err
    assert run("plan", tmp_path, "--out", memory / "a.plan") == 2
    assert "is a URL; name a local file" in capsys.readouterr().err


def test_the_state_in_a_list_is_that_of_the_file(memory):
    memory.mkdir(parents=True, exist_ok=True)
    (memory / "a.wav").write_bytes(b"sound")
    ((file, _, state),) = files_below(memory, [])
    assert state == state_of(file) and state.size == 5 and state.stamp


@pytest.mark.slow
def test_a_folder_without_a_plan(memory, tmp_path, capsys):
    path = sound(tmp_path / "a.wav")
    for name in ("one/a.wav", "b.wav"):
        (memory / name).parent.mkdir(parents=True, exist_ok=True)
        (memory / name).write_bytes(path.read_bytes())
    (memory / "c.wav").write_bytes(b"")
    command = ("segment", memory, "--out", tmp_path / "out", "--format", "csv", "--jobs", 1)
    assert run(*command) == 1 and "memory://archive/c.wav: the file is empty" in capsys.readouterr().err
    made = sorted(file.relative_to(tmp_path / "out").as_posix() for file in (tmp_path / "out").rglob("*.csv"))
    assert made == ["b.csv", "one/a.csv", "summary.csv"]
    (memory / "c.wav").write_bytes(path.read_bytes())
    assert run(*command) == 0 and "2 of 3 were made before" in capsys.readouterr().err


@pytest.mark.slow
def test_one_recording_to_standard_output(memory, tmp_path, capsysbinary):
    path = sound(tmp_path / "a.wav")
    (memory / "a.wav").write_bytes(path.read_bytes())
    written = []
    for place in (path, memory / "a.wav"):
        assert run("segment", place, "--out", "-") == 0
        written.append(capsysbinary.readouterr().out.splitlines())
    assert written[0][1:] == written[1][1:] and b"memory://archive/a.wav" in written[1][0]


def test_a_host_that_does_not_answer():
    with pytest.raises(LostError, match=r"http://127\.0\.0\.1:9/a\.wav: cannot be read now"):
        heard(place_of("http://127.0.0.1:9/a.wav"))


@pytest.mark.slow
def test_what_is_wrong_with_a_bucket(tmp_path, capsys):
    pytest.importorskip("moto")
    sound(tmp_path / "a.wav")
    shards = tmp_path / "a.plan"
    with object_store() as bucket:
        for place, message in (
            ("s3://none/archive", "archive: no such file (The specified bucket does not exist)"),
            (bucket / "none/*.wav", f"{bucket}none: no such file"),
            (bucket / "none.wav", f"{bucket}none.wav: no such file"),
        ):
            assert run("plan", place, "--out", shards) == 1
            said = capsys.readouterr().err
            assert message in said and len(said.splitlines()) == 1 and not shards.exists()
        assert run("plan", tmp_path / "a.wav", "--out", shards) == 0
        capsys.readouterr()
        assert run("segment", shards, "--out", "s3://none/results") == 1
        said = capsys.readouterr().err
        assert "s3://none/results/shard-00000.jsonl: no such file or bucket" in said and len(said.splitlines()) == 1
