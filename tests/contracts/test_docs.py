"""The pages hold together: links lead somewhere, and the commands, files and versions that they name exist."""

import ast
import importlib
import re
import tomllib

import pytest
from pages import NAMES, PAGES, PARSERS, ROOT, commands, sentences

from heartseg.offline.cli import parser as offline
from heartseg.stream.cli import parser as live

WORDS_OF_A_SENTENCE = 25
PLACE = re.compile(r"`((?:stream|offline|models|bench|tests|docs)/[\w./-]*)`")


def anchor(heading):
    """The fragment that a heading has on a page."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(page):
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", page.read_text(), re.M)}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith("https://"):
            continue
        path, _, fragment = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not fragment or fragment in anchors(linked), target


def long_sentences(text):
    """Those of more words than a reader keeps in mind, with their length."""
    words = {sentence: len(re.findall(r"\S*\w\S*", sentence)) for sentence in sentences(text)}
    return {sentence: count for sentence, count in words.items() if count > WORDS_OF_A_SENTENCE}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_sentences_are_short(page):
    assert long_sentences(page.read_text()) == {}


@pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS)
def test_sentences_of_the_help_are_short(parser):
    def helps(p):
        p.load()
        texts = [p.description or "", *(action.help or "" for action in p._actions)]
        return texts + [text for command in p.commands.values() for text in helps(command)]

    texts = helps(parser())
    assert len(texts) > 20 and {k: v for text in texts for k, v in long_sentences(text).items()} == {}


def test_long_sentences_are_found():
    short = " ".join(["word"] * WORDS_OF_A_SENTENCE)
    assert long_sentences(f"{short}. {short.capitalize()} `a b c`.\n\n```\n{short} more\n```\n| {short} more |") == {
        f"{short.capitalize()} CODE_a_b_c.": WORDS_OF_A_SENTENCE + 1
    }


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_words_are_plain(page, linter):
    assert [str(found) for found in linter("\n- ".join(sentences(page.read_text())))] == []


@pytest.fixture(scope="module")
def linter():
    """What proselint says of a text: worn phrases, doubled words, misspelt terms. Typography and dates are left out."""
    pytest.importorskip("proselint", reason="the extra 'test' brings proselint")
    from proselint.checks import __register__
    from proselint.config import DEFAULT
    from proselint.registry import CheckRegistry
    from proselint.tools import LintFile

    CheckRegistry().register_many(__register__)
    checks = {**DEFAULT["checks"], "typography": False, "dates_times": False}
    return lambda text: LintFile("page", text).lint({**DEFAULT, "checks": checks})


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_parse(page):
    for _, (program, *args) in commands(page):
        PARSERS[program]().parse_args(args)


def test_most_pages_show_commands():
    assert sum(any(commands(page)) for page in PAGES) >= 5 and sum(len([*commands(page)]) for page in PAGES) > 25


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_extras_exist(page):
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = re.findall(r"(?:heartseg|'\.)\[([a-z0-9,]+)\]", page.read_text())
    assert {extra for names in named for extra in names.split(",")} <= set(extras)


@pytest.mark.parametrize("name", ["heartseg", "heartseg.stream", "heartseg.offline", "heartseg.models"])
def test_the_reference_has_every_public_name(name):
    pages = sorted((ROOT / "docs/reference").glob("*.md"))
    shown = [n for page in pages for n in re.findall(r"^::: (\S+)$", page.read_text(), re.M)]
    homes = {n: n.rpartition(".")[2] for n in shown}
    assert len(homes) == len(shown) and all(word in public(n.rpartition(".")[0]) for n, word in homes.items())
    text = (ROOT / f"docs/reference/{name.rpartition('.')[2]}.md").read_text()
    for word in public(name):
        mentioned = re.search(rf"`(?:{re.escape(name)}\.)?{word}`", text)
        assert f"{name}.{word}" in shown or mentioned, word


def public(name):
    return importlib.import_module(name).__all__


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_in_sentences_exist(page):
    commands = re.findall(r"`heartseg-offline ([a-z]+)\b", page.read_text())
    known = re.findall(r"^    ([a-z]+) ", offline().format_help(), re.M)
    assert set(commands) <= set(known)
    options = re.findall(r"`heartseg-live (?:[^`]*?)(--[a-z-]+)[^`]*`", page.read_text())
    assert all(option in live().format_help() for option in options)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_places_exist(page):
    places = [place for place in PLACE.findall(page.read_text()) if "NAME" not in place]
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_recipes_name_what_exists():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for name in ("on_samples", "on_missing", "on_event", "close"):
        assert f"`{name}`" in text
    named = {"stream/sources/base.py": ["name", "failure", "state", "latency", "warnings", "start", "stop", "when"]}
    for file, members in named.items():
        source = next(
            node
            for node in ast.parse((ROOT / file).read_text()).body
            if isinstance(node, ast.ClassDef) and node.name == "Source"
        )
        has = {node.name for node in source.body if isinstance(node, ast.FunctionDef)}
        has |= {node.target.id for node in source.body if isinstance(node, ast.AnnAssign)}
        assert has == set(members)


def test_each_word_is_explained_once():
    rows = re.findall(r"^\| ([^|]+) \| ", (ROOT / "docs/glossary.md").read_text(), re.M)
    words = [word for row in rows if row not in ("word", "---") for word in row.split(", ")]
    assert len(words) > 45
    assert sorted({word for word in words if words.count(word) > 1}) == []
