"""The examples in the docstrings run, and the docstrings of the public API say what every argument is."""

import doctest
import importlib
import inspect
import re
from enum import EnumType
from pathlib import Path
from types import FunctionType

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = {"package": "heartseg", **{name: f"heartseg.{name}" for name in ("models", "offline", "stream")}}
MODULES = sorted(
    ".".join([package, *path.relative_to(ROOT / folder).with_suffix("").parts]).removesuffix(".__init__")
    for folder, package in FOLDERS.items()
    for path in (ROOT / folder).rglob("*.py")
    if re.search(r"^ *>>> ", path.read_text(), re.M)
)
PUBLIC = {
    f"{package}.{name}": public
    for package in FOLDERS.values()
    for name in importlib.import_module(package).__all__
    if callable(public := getattr(importlib.import_module(package), name))
}
CALLED = [name for name, public in PUBLIC.items() if not (inspect.isclass(public) and issubclass(public, Exception))]
PROTOCOLS = ("heartseg.stream.Source", "heartseg.models.Network")


@pytest.mark.parametrize("name", MODULES)
def test_the_examples(name, tmp_path, monkeypatch):
    pytest.importorskip("pandas", reason="the extra 'test' brings pandas")
    monkeypatch.chdir(tmp_path)
    assert not doctest.testmod(importlib.import_module(name)).failed


def section(docstring, *titles):
    """The names that are described in one of these sections."""
    text = inspect.cleandoc(docstring or "")
    parts = re.split(r"^(\w+)\n-+\n", text, flags=re.M)
    found = [body for title, body in zip(parts[1::2], parts[2::2], strict=True) if title in titles]
    names = [line for body in found for line in re.findall(r"^([\w, ]+)$", body, re.M) if not line.startswith(" ")]
    return {name for line in names for name in line.split(", ")}


def parameters(function):
    return {name for name in inspect.signature(function).parameters if name != "self" and not name.startswith("_")}


def test_there_is_a_public_api():
    assert len(CALLED) > 25 and len(MODULES) > 20


@pytest.mark.parametrize("name", CALLED)
def test_every_argument_is_described(name):
    public = PUBLIC[name]
    if not isinstance(public, EnumType) and name not in PROTOCOLS:
        assert parameters(public) <= section(public.__doc__, "Parameters", "Attributes")


@pytest.mark.parametrize("name", [name for name in CALLED if name not in PROTOCOLS])
def test_there_is_an_example(name):
    assert ">>> " in PUBLIC[name].__doc__


BASES = ("heartseg.stream.Sink", "heartseg.stream.Source")
METHODS = {
    f"{name}.{word}": method
    for name in CALLED
    if inspect.isclass(PUBLIC[name])
    for word, method in vars(PUBLIC[name]).items()
    if not word.startswith("_") and isinstance(method, FunctionType | classmethod)
    if name in BASES or not any(hasattr(PUBLIC[base], word) for base in BASES)  # the base describes it
}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_is_described(name):
    method = getattr(METHODS[name], "__func__", METHODS[name])
    docstring = inspect.getdoc(method)
    missing = {word for word in parameters(method) - {"cls"} if not re.search(rf"\b{word}\b", docstring)}
    assert missing == set()
