"""What mkdocs does not do by itself for the site: pages from outside docs/, and docstrings from four folders."""

import posixpath
import re
import shutil
import tempfile
from pathlib import Path

from mkdocs.plugins import event_priority
from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
ELSEWHERE = {
    "README.md": "index.md",
    "CHANGELOG.md": "development/changelog.md",
    "CONTRIBUTING.md": "development/contributing.md",
    "SECURITY.md": "development/security.md",
    "models/heartseg-5.md": "card.md",
    "models/systole-1.md": "systole.md",
    "CITATION.cff": "CITATION.cff",
    **{f"examples/{path.name}": f"examples/{path.name}" for path in (ROOT / "examples").glob("*.py")},
}
"""Files of the repository that the site has besides docs/, and their places on it."""

LINK = re.compile(r"(?<=\]\()(?!https?:)([^)\s#]+)")


@event_priority(100)  # before mkdocstrings reads its settings
def on_config(config):
    """Show the package to mkdocstrings as one folder, as setuptools would lay it out."""
    config.tree = tempfile.TemporaryDirectory(prefix="heartseg-site-")
    package = Path(config.tree.name) / "heartseg"
    shutil.copytree(ROOT / "package", package)
    for name in ("models", "offline", "stream"):
        shutil.copytree(ROOT / name, package / name)
    config.plugins["mkdocstrings"].config.handlers["python"]["paths"] = [config.tree.name]
    return config


def on_files(files, config):
    """Add the files from outside docs/."""
    for place, uri in ELSEWHERE.items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / place)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Let the links, which are right in the repository, be right on the site."""
    here = Path(page.file.abs_src_path).relative_to(ROOT).parent.as_posix()

    def on_site(match):
        place = posixpath.normpath(posixpath.join(here, match[1]))
        uri = ELSEWHERE.get(place, place.removeprefix("docs/"))
        return posixpath.relpath(uri, posixpath.dirname(page.file.src_uri) or ".")

    return LINK.sub(on_site, markdown)
