"""The examples in the docstrings run."""

import doctest
import importlib

import pytest

MODULES = (
    "segmentation",
    "models.errors",
    "models.loader",
    "stream.segmenter.decimator",
    "stream.segmenter.gate",
    "stream.segmenter.lag",
    "stream.segmenter.segmenter",
    "stream.segmenter.durations",
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples(name):
    results = doctest.testmod(importlib.import_module(f"heartseg.{name}"))
    assert results.attempted and not results.failed
