"""Headerless sound and standard input: every format, whatever the pipe does."""

import io
import itertools
import os
import sys
import threading

import numpy as np
import pytest
import soundfile

from heartseg.stream.engine import Engine
from heartseg.stream.segmenter.segmenter import Segmenter
from heartseg.stream.sinks.base import Sink
from heartseg.stream.sources.base import LISTENING, NoSuchSource, SourceError
from heartseg.stream.sources.raw import SILENT, Pipe, RawFile, RawForm, recording_on_stdin
from heartseg.stream.sources.simulated import SimulatedHeart

X = np.array([[0.0, -1.0], [0.5, -0.25]], np.float32)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("s16", np.array([0, -32768, 16384, -8192], "<i2").tobytes()),
        ("s24", bytes([0, 0, 0, 0, 0, 0x80, 0, 0, 0x40, 0, 0, 0xE0])),
        ("s32", np.array([0, -(1 << 31), 1 << 30, -(1 << 29)], "<i4").tobytes()),
        ("f32", X.astype("<f4").tobytes()),
        ("u8", bytes([128, 0, 192, 96])),
    ],
)
def test_formats(name, content):
    np.testing.assert_array_equal(RawForm.of(f"4000:{name}:2").decode(content), X)


def test_forms():
    assert RawForm.of("4000") == RawForm(4000, "s16", 1) and RawForm.of("8000:f32") == RawForm(8000, "f32", 1)


@pytest.mark.parametrize(
    "text", ["", "fast", "-4000", "399", "200000", "4000:s17", "4000:", "4000:s16:0", "4000:s16:1:2"]
)
def test_bad_forms(text):
    with pytest.raises(ValueError, match=r"RATE|Hz|format|channels"):
        RawForm.of(text)


class Kept(Sink):
    """A sink that keeps the samples."""

    def __init__(self):
        self.samples = []

    def on_samples(self, block):
        self.samples.append(block)


@pytest.fixture
def pipe(network):
    """A running engine on a pipe, 44,100 Hz, second channel of two; its source, the pipe's other end, and a sink."""
    reader, writer = os.pipe()
    source = Pipe(RawFile(f"/dev/fd/{reader}", RawForm.of("44100:s16:2"), channel=2))
    os.close(reader)
    sink = Kept()
    engine = Engine(Segmenter(network, rate=44_100), source, [sink])
    engine.start()
    yield engine, source, writer, sink
    engine.ask_to_stop()
    assert engine.wait(20)


def heart(seconds):
    """Stereo bytes whose second channel is a heart, and the samples of that channel."""
    x = np.concatenate(list(itertools.islice(SimulatedHeart(seed=4).blocks(), 10 * seconds)))
    values = np.rint(x * 32767).astype("<i2")
    return np.stack([values[::-1], values], axis=1).tobytes(), values.astype(np.float32) / 32768


def test_a_pipe_loses_nothing_wherever_it_is_cut(pipe):
    engine, source, writer, sink = pipe
    content, x = heart(12)  # longer than the ring
    with os.fdopen(writer, "wb", buffering=0) as out:
        for at in range(0, len(content), 4_999):
            out.write(content[at : at + 4_999])
        out.write(b"abc")
    assert engine.wait(30) and engine.failure is None
    np.testing.assert_array_equal(np.concatenate(sink.samples), x)
    assert source.warnings == [f"{source.name}: ends within a sample; 3 bytes were left out"]
    assert engine.accounts.captured == engine.accounts.processed == len(x)


def test_a_pipe_that_stalls_says_so_and_can_be_stopped(pipe, monkeypatch):
    from heartseg.stream.sources import raw

    monkeypatch.setattr(raw, "_SILENT_AFTER_S", 0.1)
    engine, source, writer, sink = pipe
    content, x = heart(1)
    os.write(writer, content[:40_000])
    while source.state != SILENT:
        assert not engine.wait(0.05)
    os.write(writer, content[40_000:80_000])
    while sum(map(len, sink.samples)) < 20_000:
        assert not engine.wait(0.01)
    assert source.state in (LISTENING, SILENT)
    engine.ask_to_stop()
    assert engine.wait(10) and engine.failure is None
    np.testing.assert_array_equal(np.concatenate(sink.samples), x[:20_000])
    os.close(writer)


def test_a_headerless_file_is_a_recording(tmp_path):
    content, x = heart(2)
    (tmp_path / "heart.raw").write_bytes(content)
    raw = RawFile(str(tmp_path / "heart.raw"), RawForm.of("44100:s16:2"), channel=2)
    assert raw.is_file
    np.testing.assert_array_equal(np.concatenate(list(raw.blocks())), x)


def on_stdin(monkeypatch, content):
    """Have standard input bring these bytes."""
    reader, writer = os.pipe()
    threading.Thread(target=lambda: os.fdopen(writer, "wb").write(content) and None, daemon=True).start()
    monkeypatch.setattr(sys, "stdin", os.fdopen(reader))


@pytest.mark.parametrize("form", ["WAV", "FLAC"])
def test_a_recording_on_standard_input(monkeypatch, form):
    x, file = heart(3)[1], io.BytesIO()
    soundfile.write(file, x, 44_100, "PCM_16", format=form)
    on_stdin(monkeypatch, file.getvalue())
    source = recording_on_stdin()
    np.testing.assert_array_equal(np.concatenate(list(source.blocks())), x)
    assert source.name == "standard input" and source.warnings == []


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), (b"hello", "not a sound file")])
def test_no_recording_on_standard_input(monkeypatch, content, words):
    on_stdin(monkeypatch, content)
    with pytest.raises(SourceError, match=f"standard input: .*{words}"):
        recording_on_stdin()


def test_no_standard_input(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "stdin", None)
    for make in (recording_on_stdin, lambda: RawFile("-", RawForm(4000))):
        with pytest.raises(NoSuchSource, match="brings no sound"):
            make()
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(NoSuchSource, match=str(path)):
            RawFile(str(path), RawForm(4000))
    with pytest.raises(NoSuchSource, match="no channel 2"):
        RawFile(str(path), RawForm(4000), channel=2)


def test_windows_is_told_that_it_has_no_pipes(monkeypatch):
    on_stdin(monkeypatch, b"")
    raw = RawFile("-", RawForm(4000))
    monkeypatch.setattr(os, "name", "nt")
    with pytest.raises(NoSuchSource, match="name a file"):
        Pipe(raw)
