"""`heartseg-offline fetch`, from a server on this machine that fails as servers do."""

import hashlib
import io
import re
import socket
import threading
import urllib.error
import urllib.request
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from heartseg.offline.cli import main
from heartseg.offline.datasets import download
from heartseg.offline.datasets.cinc2016 import read_cinc2016
from heartseg.offline.datasets.circor import read_circor
from heartseg.offline.datasets.pascal import read_pascal


class Home:
    """What the server holds (path -> content), how it fails, and what was asked of it."""

    def __init__(self):
        self.files = {}
        self.drops = {}  # path -> connections that end after half of what was asked
        self.errors = {}  # path -> statuses, one for each request
        self.ranges = True
        self.asked = []  # path and Range

    def listed(self):
        self.files.pop("SHA256SUMS.txt", None)
        lines = [f"{hashlib.sha256(content).hexdigest()} {path}\n" for path, content in self.files.items()]
        self.files["SHA256SUMS.txt"] = "".join(lines).encode()

    def answers(self, path):
        return [asked for asked, _ in self.asked if asked == path]


@pytest.fixture
def home(monkeypatch):
    held = Home()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.removeprefix("/set/")
            asked = self.headers.get("Range")
            held.asked.append((path, asked))
            if held.errors.get(path):
                self.send_error(held.errors[path].pop(0))
                return
            if path not in held.files:
                self.send_error(404)
                return
            content = held.files[path]
            start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and held.ranges else 0
            if asked and held.ranges and start >= len(content):
                self.send_error(416)
                return
            self.send_response(206 if asked and held.ranges else 200)
            if asked and held.ranges:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            rest = content[start:]
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            if held.drops.get(path, 0) > 0:
                held.drops[path] -= 1
                rest = rest[: len(rest) // 2]
            self.wfile.write(rest)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setattr(download, "PAUSE_S", 0.0)
    monkeypatch.setenv("no_proxy", "*")
    held.url = f"http://127.0.0.1:{server.server_port}/set"
    yield held
    server.shutdown()
    server.server_close()
    thread.join()


def fetch(home, name, to):
    return main(["fetch", name, "--to", str(to), "--url", home.url])


@pytest.fixture
def circor(home, data):
    for name in ("13918_AV", "13918_MV"):
        home.files[f"training_data/{name}.tsv"] = (data / f"circor/dev/{name}.tsv").read_bytes()
        home.files[f"training_data/{name}.wav"] = bytes(range(256)) * 800
    home.files["training_data/13918.txt"] = b"not needed"
    home.files["LICENSE.txt"] = b"ODC-By"
    home.listed()
    return home


def test_circor(circor, tmp_path, capsys):
    assert fetch(circor, "circor", tmp_path) == 0
    said = capsys.readouterr().out
    assert "ODC-By" in said and "Oliveira" in said and f"heartseg-offline data {tmp_path}" in said
    assert [r.name for r in read_circor(tmp_path / "training_data")] == ["13918_AV", "13918_MV"]
    assert not list(tmp_path.rglob("*.part")) and not circor.answers("training_data/13918.txt")

    circor.asked.clear()
    (tmp_path / "training_data/13918_AV.wav").write_bytes(b"changed")
    assert fetch(circor, "circor", tmp_path) == 0
    assert [path for path, _ in circor.asked] == ["SHA256SUMS.txt", "training_data/13918_AV.wav"]
    assert "5 files (4 were there)" in capsys.readouterr().out


def test_cinc2016_annotations_lie_beside_their_recordings(home, data, tmp_path):
    for letter, name in (("a", "a0001"), ("b", "b0001")):
        part = "dev" if letter == "a" else "train"
        home.files[f"training-{letter}/{name}.wav"] = b"RIFF"
        home.files[f"annotations/hand_corrected/training-{letter}_StateAns/{name}_StateAns.mat"] = (
            data / f"cinc2016/{part}/{name}_StateAns.mat"
        ).read_bytes()
    home.files["validation/a0001.wav"] = b"a copy"
    home.listed()
    assert fetch(home, "cinc2016", tmp_path) == 0
    for letter in "ab":
        assert [r.name for r in read_cinc2016(tmp_path / f"training-{letter}")] == [f"{letter}0001"]
    assert not (tmp_path / "validation").exists()


def zipped(members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return content.getvalue()


@pytest.fixture
def pascal(home):
    for kind in ("normal", "murmur", "extrahs", "artifact"):
        home.files[f"wav/Atraining_{kind}.zip"] = zipped(
            {f"Atraining_{kind}/1.wav": b"RIFF" * 5000, f"__MACOSX/Atraining_{kind}/._1.wav": b"?"}
        )
    home.files["Atraining_normal_seg.csv"] = b",S1,S2\r1.aif,44100,57330\r"
    return home


def test_pascal(pascal, tmp_path):
    assert fetch(pascal, "pascal", tmp_path) == 0
    assert [r.name for r in read_pascal(tmp_path)] == ["1"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "Atraining_artifact", "Atraining_extrahs", "Atraining_murmur", "Atraining_normal", "Atraining_normal_seg.csv"
    ]  # fmt: skip
    assert [p.name for p in (tmp_path / "Atraining_normal").iterdir()] == ["1.wav"]
    pascal.asked.clear()
    assert fetch(pascal, "pascal", tmp_path) == 0 and not pascal.asked


@pytest.mark.parametrize("ranges", [True, False])
def test_a_connection_that_drops_is_taken_up_again(circor, tmp_path, ranges):
    path = "training_data/13918_AV.wav"
    circor.ranges, circor.drops[path] = ranges, 3
    assert fetch(circor, "circor", tmp_path) == 0
    assert (tmp_path / path).read_bytes() == circor.files[path]
    asked = [start for asked, start in circor.asked if asked == path]
    assert len(asked) == 4 and asked[0] is None and asked[1] == "bytes=102400-"


def test_goes_on_where_it_was_interrupted(circor, tmp_path, capsys):
    path = "training_data/13918_AV.wav"
    circor.errors[path] = [503] * 99
    assert fetch(circor, "circor", tmp_path) == 1
    assert "503" in capsys.readouterr().err and not (tmp_path / path).exists()
    circor.errors.clear()
    part = tmp_path / (path + ".part")
    part.parent.mkdir(exist_ok=True)
    part.write_bytes(circor.files[path][:1000])
    assert fetch(circor, "circor", tmp_path) == 0
    assert (path, "bytes=1000-") in circor.asked and (tmp_path / path).read_bytes() == circor.files[path]


@pytest.mark.parametrize("stale", [b"x" * 1000, b"x" * 1_000_000])
def test_a_part_of_something_else_is_no_hindrance(circor, tmp_path, stale):
    path = "training_data/13918_AV.wav"
    (tmp_path / "training_data").mkdir()
    (tmp_path / (path + ".part")).write_bytes(stale)
    assert fetch(circor, "circor", tmp_path) == 0
    assert (tmp_path / path).read_bytes() == circor.files[path]


def test_a_wrong_checksum(circor, tmp_path, capsys):
    path = "training_data/13918_AV.wav"
    right, circor.files[path] = circor.files[path], b"tampered with"
    assert fetch(circor, "circor", tmp_path) == 1
    said = capsys.readouterr().err
    assert "SHA-256" in said and path in said and "Traceback" not in said
    assert not list(tmp_path.rglob("13918_AV.wav*"))
    circor.files[path] = right
    assert fetch(circor, "circor", tmp_path) == 0


def test_what_is_not_there(pascal, tmp_path, capsys):
    table = pascal.files.pop("Atraining_normal_seg.csv")
    assert fetch(pascal, "pascal", tmp_path) == 1
    said = capsys.readouterr().err
    assert "Atraining_normal_seg.csv: 404" in said and said.count("\n") == 2
    pascal.files["Atraining_normal_seg.csv"] = table
    assert fetch(pascal, "pascal", tmp_path) == 0


def test_a_home_that_is_none(home, tmp_path, capsys):
    assert fetch(home, "circor", tmp_path) == 1 and "404" in capsys.readouterr().err
    home.files["SHA256SUMS.txt"] = b"<html>log in first</html>"
    assert fetch(home, "circor", tmp_path) == 1
    assert "is this its home?" in capsys.readouterr().err and not list(tmp_path.iterdir())
    home.url = home.url.rpartition(":")[0] + ":1/set"
    assert fetch(home, "circor", tmp_path) == 1 and "again" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["fetch", "circor", "--to", str(tmp_path), "--url", "file:///etc"])
    assert stop.value.code == 2


@pytest.mark.parametrize(
    ("error", "says"),
    [(socket.gaierror(-2, "Name or service not known"), "the host home.org is not found (is there a network?)"),
     (TimeoutError("timed out"), "the host home.org does not answer"),
     (OSError(101, "Network is unreachable"), "the host home.org cannot be reached (network is unreachable)")],
)  # fmt: skip
def test_without_a_network(monkeypatch, tmp_path, capsys, error, says):
    def fail(*args, **options):
        raise urllib.error.URLError(error)

    monkeypatch.setattr(download, "PAUSE_S", 0.0)
    monkeypatch.setattr(urllib.request, "urlopen", fail)
    assert main(["fetch", "circor", "--to", str(tmp_path), "--quiet", "--url", "http://home.org/set"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"heartseg-offline fetch: http://home.org/set/SHA256SUMS.txt: {says}; run the command again")


def test_paths_that_lead_elsewhere(circor, pascal, tmp_path, capsys):
    to = tmp_path / "to"
    circor.files.update({"../out.wav": b"!", "training_data/../../out.wav": b"!", "/out.wav": b"!"})
    circor.listed()
    assert fetch(circor, "circor", to) == 0
    for member in ("../out.wav", "/out.wav", "a\\..\\..\\out.wav", "C:\\out.wav"):
        pascal.files["wav/Atraining_murmur.zip"] = zipped({"Atraining_murmur/1.wav": b"RIFF", member: b"!"})
        assert fetch(pascal, "pascal", to) == 1
        assert "refused" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["to"]
    assert not list(to.rglob("out.wav")) and not (to / "Atraining_murmur").exists()


def test_a_damaged_archive_is_brought_anew(pascal, tmp_path, capsys):
    whole = pascal.files["wav/Atraining_murmur.zip"]
    pascal.files["wav/Atraining_murmur.zip"] = whole[:-50]
    assert fetch(pascal, "pascal", tmp_path) == 1
    assert "damaged" in capsys.readouterr().err
    pascal.files["wav/Atraining_murmur.zip"] = whole
    assert fetch(pascal, "pascal", tmp_path) == 0


def test_a_full_disk(circor, tmp_path, monkeypatch, capsys):
    def full(file, chunk):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(download, "_write", full)
        assert fetch(circor, "circor", tmp_path) == 1
    said = capsys.readouterr().err
    assert "No space left on device" in said and "cannot be written" in said
    assert fetch(circor, "circor", tmp_path) == 0
