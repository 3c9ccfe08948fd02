"""What is shipped: everything that runs needs, and nothing else. Built by setuptools alone, without the network."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import heartseg

ROOT = Path(__file__).parents[2]
PACKAGES = {
    path.parent.relative_to(ROOT).as_posix()
    for top in ("stream", "offline", "models")
    for path in (ROOT / top).rglob("*.py")
}
DATA = ("stream/py.typed", "offline/py.typed", "models/py.typed", "offline/figures/web/*", "models/*.onnx",
        "models/*.json", "models/*.md")  # fmt: skip


def build(kind, source, out):
    """A distribution by the build backend that pyproject.toml names, in a process of its own."""
    out.mkdir()
    code = f"import sys, setuptools.build_meta as backend; backend.build_{kind}({str(out)!r})"
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=source, check=True, capture_output=True, timeout=120
    )
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of the project as git has it: building leaves files behind."""
    pytest.importorskip("setuptools", "77", reason="the extra 'test' brings setuptools")
    folder = tmp_path_factory.mktemp("packaging") / "source"
    names = ("build", "*.egg-info", ".*", "__pycache__", "dist", "runs")
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*names))
    return folder


@pytest.fixture(scope="module")
def sdist(source):
    return build("sdist", source, source.parent / "sdist")


@pytest.fixture(scope="module")
def wheel(source):
    return build("wheel", source, source.parent / "wheel")


def contents(wheel):
    with zipfile.ZipFile(wheel) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_wheel_holds_what_is_needed_and_nothing_else(wheel):
    held = contents(wheel)
    wanted = {f for folder in PACKAGES for f in (ROOT / folder).glob("*.py")}
    for pattern in DATA:
        found = set(ROOT.glob(pattern))
        assert found, pattern
        wanted |= found
    code = {name: content for name, content in held.items() if ".dist-info/" not in name}
    root = {f"heartseg/{f.name}": f.read_bytes() for f in (ROOT / "package").iterdir() if f.is_file()}
    assert code == root | {f"heartseg/{f.relative_to(ROOT).as_posix()}": f.read_bytes() for f in wanted}
    about = {name.split(".dist-info/")[1] for name in held if ".dist-info/" in name}
    assert about == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "top_level.txt", "licenses/LICENSE"}


def test_every_package_is_named():
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    named = [name.removeprefix("heartseg.").replace(".", "/") for name in setuptools["packages"]]
    assert len(PACKAGES) > 10 and sorted(name for name in named if name != "heartseg") == sorted(PACKAGES)


def test_the_wheel_is_small_and_needs_no_compiler(wheel):
    assert wheel.name.endswith("-py3-none-any.whl") and wheel.stat().st_size < 3_000_000
    assert max(map(len, contents(wheel).values())) < 2_000_000


def test_the_source_distribution_gives_the_same_wheel(sdist, wheel):
    with tarfile.open(sdist) as opened:
        names = opened.getnames()
    shutil.unpack_archive(sdist, sdist.parent / "unpacked")
    assert sdist.stat().st_size < 3_000_000
    tops = {name.split("/")[1] for name in names if "/" in name}
    assert tops == {"LICENSE", "PKG-INFO", "README.md", "MANIFEST.in", "pyproject.toml", "setup.cfg",
                    "heartseg.egg-info", "package", "stream", "offline", "models"}  # fmt: skip
    (unpacked,) = (sdist.parent / "unpacked").iterdir()
    again = build("wheel", unpacked, sdist.parent.parent / "again")
    assert contents(again) == contents(wheel)


def test_the_package_index_takes_both(sdist, wheel):
    pytest.importorskip("twine", reason="the extra 'test' brings twine")
    result = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", str(sdist), str(wheel)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert result.returncode == 0 and result.stdout.count("PASSED") == 2, result.stdout


def test_a_release_has_one_version(wheel):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert wheel.name == f"heartseg-{version}-py3-none-any.whl"
    assert f"\nVersion: {version}\n".encode() in contents(wheel)[f"heartseg-{version}.dist-info/METADATA"]
    assert re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.M)[1] == version
    assert f"\n## [{version}]" in (ROOT / "CHANGELOG.md").read_text()
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        named = re.findall(r'heartseg-(\d[\w.]*)-py3|"heartseg":"([^"]*)"', page.read_text())
        assert {of_wheel or of_session for of_wheel, of_session in named} <= {version}, page


def test_a_run_tells_the_version_that_is_installed(capsys):
    from heartseg.stream.cli import main
    from heartseg.stream.segmenter.segmenter import Segmenter
    from heartseg.stream.sinks.session import session

    version = importlib.metadata.version("heartseg")
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith(f"heartseg {version}. ")
    assert heartseg.__version__ == session(Segmenter(rate=44_100), "a.wav")["heartseg"] == version


def workflows():
    yaml = pytest.importorskip("yaml", reason="the extra 'test' brings PyYAML")
    read = {path.name: yaml.safe_load(path.read_text()) for path in (ROOT / ".github").rglob("*.yml")}
    return {name: content for name, content in read.items() if "jobs" in content}


def test_workflows_run_only_code_that_is_pinned_and_keep_no_token():
    steps = [step for flow in workflows().values() for job in flow["jobs"].values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]
    assert len(used) > 8 and [u for u in used if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", u)] == []
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts and all(step["with"]["persist-credentials"] is False for step in checkouts)
    assert not any("secrets." in str(step) for step in steps)


def test_only_the_job_that_publishes_may_publish_and_it_builds_nothing():
    read = {"contents": "read"}
    flow = workflows()["release.yml"]
    jobs, may = flow["jobs"], {name: job["permissions"] for name, job in flow["jobs"].items()}
    assert flow["permissions"] == {} and may["build"] == may["test"] == read
    assert [name for name, rights in may.items() if "id-token" in rights] == ["publish"]
    assert not any("run" in step or "checkout" in step["uses"] for step in jobs["publish"]["steps"])
    assert [jobs[name]["needs"] for name in ("test", "publish", "keep")] == ["build", "test", "publish"]
    assert workflows()["ci.yml"]["permissions"] == read


def test_the_wheel_is_tested_on_each_python_that_it_names():
    oldest, beyond = re.search(
        r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text()
    ).groups()
    named = [f"3.{minor}" for minor in range(int(oldest), int(beyond))]
    flows = workflows()
    for job in (flows["release.yml"]["jobs"]["test"], flows["ci.yml"]["jobs"]["linux"]):
        assert job["strategy"]["matrix"]["python"] == named


def test_the_wheel_runs_from_a_folder_of_its_own(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import heartseg.stream, heartseg.models, heartseg.offline.figures.html as page\n"
        "from heartseg.stream.cli import main\n"
        f"assert all({str(tmp_path)!r} in str(m.__file__) for m in (heartseg.stream, heartseg.models, page))\n"
        "heartseg.models.load(); sys.exit(main(['--explain-latency']))"
    )
    result = subprocess.run([sys.executable, "-S", "-c", NO_SITE + code], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and "decoder" in result.stdout, result.stderr


NO_SITE = f"import sys; sys.path += {[p for p in sys.path if 'packages' in p]!r}\n"
"""The packages that are installed, but for what editable installs hook in."""
