"""A file is one idea, a function fits a screen, a folder fits the eye."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [path for room in ("models", "stream", "offline", "package") for path in sorted((ROOT / room).rglob("*.py"))]
FUNCTIONS = [
    (path.relative_to(ROOT).as_posix(), node)
    for path in FILES
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
]
LINES_OF_A_FILE, LINES_OF_A_FUNCTION, ARGUMENTS_OF_A_KERNEL, ENTRIES_OF_A_FOLDER = 300, 60, 8, 15


def is_kernel(function):
    return any("jit" in ast.unparse(decorator) for decorator in function.decorator_list)


def arguments(function):
    return len(function.args.posonlyargs + function.args.args + function.args.kwonlyargs)


def test_files():
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines()) for path in FILES}
    assert {path: lines for path, lines in lengths.items() if lines > LINES_OF_A_FILE} == {}


def test_functions():
    lengths = {(path, f.name): f.end_lineno - f.lineno + 1 for path, f in FUNCTIONS}
    assert {where: lines for where, lines in lengths.items() if lines > LINES_OF_A_FUNCTION} == {}


def test_compiled_functions():
    kernels = {(path, f.name): arguments(f) for path, f in FUNCTIONS if is_kernel(f)}
    assert len(kernels) > 3
    assert {where: count for where, count in kernels.items() if count > ARGUMENTS_OF_A_KERNEL} == {}


@pytest.mark.parametrize("room", ["models", "stream", "offline", "package", "bench", "tests", "docs"])
def test_folders(room):
    folders = [ROOT / room, *(path for path in (ROOT / room).rglob("*") if path.is_dir())]
    for folder in (path for path in folders if "__pycache__" not in path.parts):
        entries = [entry.name for entry in folder.iterdir() if entry.name != "__pycache__"]
        assert len(entries) <= ENTRIES_OF_A_FOLDER, folder
