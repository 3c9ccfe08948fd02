"""A Dask cluster gives the bytes of one core, whatever dies; what cannot go on says so in one line."""

import json
import os
from dataclasses import replace

import pytest
from dask_cluster import cluster, harmful_decoder
from object_store import object_store
from offline_command import run
from waiting import until

from heartseg.offline.archive.shards import cluster as shards_on_dask
from heartseg.offline.archive.shards.worker import Job, fitness, misfit
from heartseg.offline.archive.workers import Settings
from heartseg.stream.segmenter.lag import FULL_CONTEXT

pytest.importorskip("distributed", reason="needs the extra dask")
pytest.importorskip("moto", reason="needs moto")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bucket():
    with object_store() as made:
        yield made


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    """The ffmpeg of this process, and of those that it starts."""
    folder = tmp_path_factory.mktemp("decoder")
    harmful_decoder(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        yield


@pytest.fixture(scope="module")
def machines(bucket, decoder, tmp_path_factory):
    """Two workers, which know the object store, and whose ffmpeg is harmful."""
    with cluster(tmp_path_factory.mktemp("cluster"), 2) as made:
        yield made


@pytest.fixture(scope="module")
def archive(data, decoder, tmp_path_factory):
    """Three real recordings; a fourth for ffmpeg to read, the second by name; and the plan of two shards beside."""
    folder = tmp_path_factory.mktemp("archive") / "archive"
    folder.mkdir()
    files = sorted((data / "circor/dev").glob("*.flac"))[:3]
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / f"{files[0].stem}-odd.mka").write_bytes(files[1].read_bytes())
    assert run("plan", folder, "--out", folder.with_suffix(".plan"), "--shard-size", 2) == 0
    return folder


@pytest.fixture(scope="module")
def here(archive, tmp_path_factory):
    """The results of one core."""
    folder = tmp_path_factory.mktemp("here")
    assert run("segment", archive.with_suffix(".plan"), "--out", folder, "--jobs", 1) == 0
    return results(folder)


def results(folder):
    """Content of the files in a folder, by name."""
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir(), key=str)}


def recordings(content):
    """The lines of a result without the first and the last, which tell of the plan."""
    return content.splitlines()[1:-1]


def segment(archive, out, machines, harm=""):
    """Exit status of a run on the cluster, with harm done to whoever has ffmpeg read a recording."""
    if harm:
        (archive / "harm").write_text(harm)
    try:
        return run("segment", archive.with_suffix(".plan"), "--out", out, "--scheduler", machines.file)
    finally:
        (archive / "harm").unlink(missing_ok=True)


def test_a_worker_killed_in_the_middle_of_a_shard_costs_nothing(machines, archive, here, tmp_path):
    assert segment(archive, tmp_path, machines, harm="0 SIGKILL") == 0
    assert results(tmp_path) == here and len(here) == 2


def test_a_recording_that_kills_its_workers_fails_alone(machines, archive, here, tmp_path, capsys):
    assert segment(archive, tmp_path, machines, harm="always") == 1
    assert "odd.mka: the workers that read it died" in capsys.readouterr().err
    there = results(tmp_path)
    assert there["shard-00001.jsonl"] == here["shard-00001.jsonl"]
    odd, others = [], []
    for line in recordings(there["shard-00000.jsonl"]):
        (odd if b"odd.mka" in line else others).append(line)
    assert others == [line for line in recordings(here["shard-00000.jsonl"]) if b"odd.mka" not in line]
    assert "the workers that read it died" in json.loads(odd[0])["error"] and len(odd) == 1


def test_an_object_store_gives_the_results_of_the_disk(machines, bucket, archive, here, tmp_path, capsys):
    for file in archive.iterdir():
        (bucket / "set" / file.name).write_bytes(file.read_bytes())
    there = (f"{bucket}set", f"{bucket}results")
    shards = tmp_path / "remote.plan"
    assert run("plan", there[0], "--out", shards, "--shard-size", 2) == 0
    assert run("segment", shards, "--out", there[1], "--scheduler", machines.file) == 0
    made = results(bucket / "results")
    assert list(made) == list(here)
    assert [recordings(content) for content in made.values()] == [recordings(content) for content in here.values()]
    assert run("verify", shards, there[1], "--sample", 1) == 0
    assert run("merge", shards, there[1], "--out", tmp_path / "merged") == 0
    capsys.readouterr()
    assert run("status", shards, there[1]) == 0 and "2 of 2 done" in capsys.readouterr().out
    before = [file.stat().st_mtime for file in (bucket / "results").iterdir()]
    assert run("segment", shards, "--out", there[1], "--scheduler", machines.file) == 0
    assert before == [file.stat().st_mtime for file in (bucket / "results").iterdir()]
    assert run("segment", shards, "--out", there[1], "--lag", "300", "--scheduler", machines.file) == 2


def test_a_worker_of_another_version_is_refused_by_name(machines, archive, tmp_path, capsys):
    from distributed import Client

    preload = tmp_path / "preload.py"
    preload.write_text(
        "import importlib.metadata as m\nreal = m.version\n"
        "m.version = lambda name: '0.0.9' if name == 'heartseg' else real(name)\n"
    )
    with Client(scheduler_file=str(machines.file), set_as_default=False) as client:
        before = set(client.nthreads())
        other = machines.work("--preload", preload, "--no-nanny")
        until(lambda: len(client.nthreads()) > len(before))
        (address,) = set(client.nthreads()) - before
        assert segment(archive, tmp_path / "out", machines) == 1
        other.kill()
        said = capsys.readouterr().err
        assert f"worker {address} has heartseg 0.0.9, and the client has 0." in said and len(said.splitlines()) == 1
        assert results(tmp_path / "out") == {}
        until(lambda: set(client.nthreads()) == before)


def test_ctrl_c_leaves_whole_results(machines, archive, here, tmp_path, capsys):
    assert segment(archive, tmp_path, machines, harm=f"{os.getpid()} SIGINT") == 1
    assert "of 2 shards are done, and the same command goes on from there" in capsys.readouterr().err
    assert results(tmp_path).items() <= here.items()
    assert segment(archive, tmp_path, machines) == 0
    assert results(tmp_path) == here


def test_a_scheduler_that_dies_is_told_in_one_line(archive, here, tmp_path, capsys):
    (tmp_path / "cluster").mkdir()
    with cluster(tmp_path / "cluster", 1, "--no-nanny") as machine:
        assert segment(archive, tmp_path / "out", machine, harm=f"{machine.scheduler.pid} SIGKILL") == 1
    said = capsys.readouterr().err
    assert "the scheduler has gone away; what is done stays" in said and len(said.splitlines()) == 1
    assert results(tmp_path / "out").items() <= here.items()


def test_a_worker_that_does_not_see_the_results_is_no_fit(tmp_path):
    settings = Settings(None, FULL_CONTEXT)
    sign = tmp_path / "sign"
    job = Job(tmp_path, sign, settings, fitness(settings.lag.network), False)
    assert misfit(job) == f"does not see the folder {tmp_path}"
    sign.touch()
    assert misfit(replace(job, force=True)) == ""


def test_no_scheduler(archive, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(shards_on_dask, "_CONNECT_S", 1)
    shards = archive.with_suffix(".plan")
    for scheduler, message in (
        ("tcp://127.0.0.1:9", "no Dask scheduler answers there"),
        (tmp_path / "none.json", "no such file"),
    ):
        assert run("segment", shards, "--out", tmp_path / "out", "--scheduler", scheduler) == 1
        said = capsys.readouterr().err
        assert message in said and str(scheduler) in said and len(said.splitlines()) == 1
    assert run("segment", shards, "--out", tmp_path / "out", "--scheduler", "x", "--jobs", "2") == 2
    assert run("segment", archive, "--out", tmp_path / "out", "--scheduler", "x") == 2
