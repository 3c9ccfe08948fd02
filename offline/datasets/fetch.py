"""`heartseg-offline fetch`: the public sets from their homes, arranged as the readers of `datasets` expect them."""

import re
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from shutil import copyfileobj, rmtree
from threading import Event, Lock

from ..console import ByteRate, bar
from .download import FetchError, Remote, download, intact

CONNECTIONS = 4
SUMS = "SHA256SUMS.txt"


@dataclass(frozen=True)
class Home:
    """Where a set is published, and which of its files are wanted.

    wanted: patterns of published paths -> where the file goes, relative to the set's folder. listed: whether
    `SHA256SUMS.txt` at the home names the files with their checksums; else the patterns are the files' paths.
    """

    base: str
    listed: bool
    wanted: dict[str, str]
    credit: str


HOMES = {
    "circor": Home(
        "https://physionet.org/files/circor-heart-sound/1.0.3",
        True,
        {r"(training_data/\w+\.(?:wav|tsv))": r"\1", r"(training_data\.csv|LICENSE\.txt)": r"\1"},
        "CirCor DigiScope Phonocardiogram Dataset 1.0.3, ODC-By 1.0. Credit: Oliveira et al., The CirCor DigiScope\n"
        "Dataset: From Murmur Detection to Murmur Classification, IEEE JBHI 26(6), 2022, doi:10.13026/tshs-mw03;\n"
        "Goldberger et al., PhysioBank, PhysioToolkit, and PhysioNet, Circulation 101(23), 2000.",
    ),
    "cinc2016": Home(
        "https://physionet.org/files/challenge-2016/1.0.0",
        True,
        {
            r"(training-[a-f]/\w+\.wav)": r"\1",
            r"annotations/hand_corrected/(training-[a-f])_StateAns/(\w+_StateAns\.mat)": r"\1/\2",
            r"(LICENSE\.txt)": r"\1",
        },
        "PhysioNet/CinC Challenge 2016, training sets a to f, ODC-By 1.0. Credit: Liu et al., An open access database\n"
        "for the evaluation of heart sound algorithms, Physiol. Meas. 37(12), 2016;\n"
        "Goldberger et al., PhysioBank, PhysioToolkit, and PhysioNet, Circulation 101(23), 2000.",
    ),
    "pascal": Home(
        "http://www.peterjbentley.com/heartchallenge",
        False,
        {
            "wav/Atraining_normal.zip": "Atraining_normal",
            "wav/Atraining_murmur.zip": "Atraining_murmur",
            "wav/Atraining_extrahs.zip": "Atraining_extrahs",
            "wav/Atraining_artifact.zip": "Atraining_artifact",
            "Atraining_normal_seg.csv": "Atraining_normal_seg.csv",
        },
        "PASCAL Classifying Heart Sounds Challenge 2011, set A; its terms are at\n"
        "http://www.peterjbentley.com/heartchallenge/. Credit: Bentley, Nordehn, Coimbra, Mannor, The PASCAL\n"
        "Classifying Heart Sounds Challenge 2011 (CHSC2011) Results.",
    ),
}


def fetch(home: Home, base: str, to: Path) -> tuple[int, int]:
    """Download the missing files; returns the number of files now and before. Raises FetchError.

    What arrived stays, so that the next call goes on from there. Files are checked against published checksums.
    """
    remotes = _listed(home, base, to) if home.listed else _fixed(home, base, to)
    with bar(ByteRate()) as progress, ThreadPoolExecutor(CONNECTIONS) as pool:
        check = progress.add_task("checking", total=len(remotes), done="", bytes=0)
        missing = []
        for remote in remotes:
            if not intact(remote):
                missing.append(remote)
            progress.advance(check)
        progress.remove_task(check)
        present = len(remotes) - len(missing)
        task = progress.add_task("fetching", total=len(remotes), completed=present, done="", bytes=0)
        stop, lock = Event(), Lock()
        shares: dict[Remote, float] = {}
        arrived = 0

        def on_bytes(remote: Remote, size: int, share: float) -> None:
            nonlocal arrived
            with lock:
                arrived += size
                progress.update(task, advance=share - shares.get(remote, 0.0), bytes=arrived)
                shares[remote] = share

        futures = {pool.submit(_one, remote, on_bytes, stop) for remote in missing}
        n_done = present
        try:
            while futures:
                finished, futures = wait(futures, return_when=FIRST_COMPLETED)
                for future in finished:
                    on_bytes(future.result(), 0, 1.0)
                    n_done += 1
                progress.update(task, done=f"{n_done}/{len(remotes)} files")
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return len(remotes), present


def _one(remote: Remote, on_bytes: Callable[[Remote, int, float], None], stop: Event) -> Remote:
    """Bring one file, and unpack it where it is an archive."""
    zipped = remote.url.endswith(".zip")
    file = replace(remote, target=remote.target.with_name(remote.target.name + ".zip")) if zipped else remote
    download(file, lambda size, share: on_bytes(remote, size, share), stop)
    if zipped:
        unpack(file.target, remote.target)
        file.target.unlink()
    return remote


def _listed(home: Home, base: str, to: Path) -> list[Remote]:
    sums = Remote(f"{base}/{SUMS}", to / SUMS)
    download(sums, lambda size, share: None, Event())
    remotes = []
    for line in sums.target.read_text(encoding="utf-8", errors="replace").splitlines():
        entry = re.fullmatch(r"([0-9a-fA-F]{64})\s+\*?(.+)", line.strip())
        for pattern, place in home.wanted.items() if entry else ():
            assert entry
            if matched := re.fullmatch(pattern, entry[2], re.ASCII):
                remotes.append(Remote(f"{base}/{entry[2]}", to / matched.expand(place), entry[1].lower()))
    if not remotes:
        sums.target.unlink()
        raise FetchError(f"{sums.url}: names no file of this set; is this its home?")
    return remotes


def _fixed(home: Home, base: str, to: Path) -> list[Remote]:
    return [Remote(f"{base}/{path}", to / place) for path, place in home.wanted.items()]


def unpack(archive: Path, folder: Path) -> None:
    """The recordings of a zip archive into a folder, all or none; other files are left out. Raises FetchError.

    An archive that names a place outside of itself is refused.
    """
    part = folder.with_name(folder.name + ".part")
    rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        with zipfile.ZipFile(archive) as members:
            for member in members.infolist():
                path = PurePosixPath(member.filename.replace("\\", "/"))
                if path.is_absolute() or ".." in path.parts or ":" in member.filename:
                    raise FetchError(f"{archive}: refused; it would write outside of its folder ({member.filename})")
                if path.suffix.lower() == ".wav" and not path.name.startswith("."):
                    with members.open(member) as source, (part / path.name).open("wb") as target:
                        copyfileobj(source, target)
        part.replace(folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        archive.unlink()
        raise FetchError(f"{archive}: damaged and removed ({error}); run the command again") from None
    except OSError as error:
        raise FetchError(f"{folder}: cannot be written ({error.strerror})") from None
    finally:
        rmtree(part, ignore_errors=True)
