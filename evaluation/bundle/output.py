"""The folder into which predictions are written as they come, so that a kill loses nothing.

predictions.csv   a row for each image, appended in one piece when all else of the image is there
skipped.csv       what could not be scored at the latest start, and why
summary.json      counts and drift, written anew from time to time
run.json          which bundle it was, so that no other one continues the file
maps/NAME.tiff, masks/NAME.png, overlays/NAME.jpg    where they are asked for
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

import numpy as np
from PIL import Image as Pillow

from evaluation.bundle.bundle import Bundle, BundleError
from evaluation.bundle.judgement import Judgement
from evaluation.comparison.storage import read_json, write_array, write_json, writing
from evaluation.report.display import overlay
from evaluation.report.spreadsheets import inert
from images.colour import Image
from images.errors import shown

PREDICTIONS, SKIPPED = "predictions.csv", "skipped.csv"
SUMMARY, RUN = "summary.json", "run.json"
COLUMNS = (
    *("image", "score", "p_value", "decision", "defective_share", "regions", "boxes"),
    *("width", "height", "bytes", "modified"),
)
DEFECTIVE, NORMAL = "defective", "normal"
MOST_BOXES = 100
"""Boxes in a row, those of the largest regions; `regions` says how many regions there are."""
TAIL = 2**16
"""Bytes that are read at once in search of the end of the last whole row."""
OPACITY = 0.6
"""Of the score map over its image."""

Picture = Literal["maps", "masks", "overlays"]
PICTURES: tuple[Picture, ...] = get_args(Picture)


@dataclass(frozen=True)
class Run:
    """Which bundle the rows of a folder come from."""

    format: str
    bundle: str
    """The digest of its file."""
    label: str
    created: str


@dataclass(frozen=True)
class Identity:
    """What tells a file from another, and from the same one after it was written anew."""

    name: str
    size: int
    """Bytes."""
    modified: str

    def digest(self) -> bytes:
        """12 bytes for it."""
        text = f"{self.name}\n{self.size}\n{self.modified}"
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()


@dataclass(frozen=True)
class Row:
    """A row that was written at an earlier start."""

    identity: Identity
    score: float
    defective: bool


class Output:
    """The folder of a run; one process at a time writes to it."""

    def __init__(self, folder: Path, bundle: Bundle, pictures: Iterable[Picture]) -> None:
        self.folder = folder
        self._bundle = bundle
        self._pictures = tuple(pictures)
        if folder.exists() and not folder.is_dir():
            raise BundleError(f"--out {shown(str(folder))} is a file; expected a folder.")
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._check_run()
        with writing(folder / PREDICTIONS):
            self._file = os.open(folder / PREDICTIONS, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            self._lock()
            self._mend()
            with writing(folder / SKIPPED):
                (folder / SKIPPED).unlink(missing_ok=True)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let others write to the folder."""
        os.close(self._file)

    def rows(self) -> Iterator[Row]:
        """What earlier starts found, in the order in which they found it.

        Raises `BundleError` when the file holds something else.
        """
        path = self.folder / PREDICTIONS
        try:
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    yield Row(
                        Identity(row["image"], int(row["bytes"]), row["modified"]),
                        float(row["score"]),
                        row["decision"] == DEFECTIVE,
                    )
        except (ValueError, KeyError, TypeError, csv.Error) as error:
            raise BundleError(f"{path} is damaged; choose another folder for --out.") from error

    def write(self, identity: Identity, image: Image, found: Judgement) -> None:
        """Write all that is asked for of an image, and its row last. Raises `WriteError`."""
        for picture in self._pictures:
            self._write_picture(picture, identity.name, image, found)
        self._append(self._file, PREDICTIONS, self._row(identity, found))

    def skip(self, name: str, reason: str) -> None:
        """Say of a file that it could not be scored, and why."""
        path = self.folder / SKIPPED
        with writing(path), path.open("ab", buffering=0) as file:
            if not file.tell():
                file.write(_line(("image", "reason")))
            file.write(_line((inert(name), reason)))

    def summarise(self, summary: object) -> None:
        """Write the summary, a dataclass, anew."""
        write_json(self.folder / SUMMARY, summary)

    def _check_run(self) -> None:
        """Raise `BundleError` when the folder holds what another bundle predicted."""
        mine = Run(
            "anomaly-compare predictions 1",
            self._bundle.digest,
            self._bundle.facts.label,
            self._bundle.facts.created,
        )
        path = self.folder / RUN
        if not path.is_file():
            if (self.folder / PREDICTIONS).exists():
                raise BundleError(
                    f"{self.folder / PREDICTIONS} is there without {RUN}, so its origin is "
                    "unknown; choose another folder for --out."
                )
            write_json(path, mine)
        elif (other := read_json(path, Run)).bundle != mine.bundle or other.format != mine.format:
            raise BundleError(
                f"{self.folder} holds predictions of another bundle, {shown(other.label)} of "
                f"{shown(other.created)}; choose another folder for --out."
            )

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # a system without such locks
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BundleError(
                f"Another process writes to {self.folder}; wait for it or choose another folder."
            ) from error

    def _mend(self) -> None:
        """Remove a row that was cut short, and begin an empty file with its columns."""
        path = self.folder / PREDICTIONS
        with writing(path):
            end = _end_of_lines(path)
            if end != path.stat().st_size:
                os.ftruncate(self._file, end)
        if not end:
            self._append(self._file, PREDICTIONS, _line(COLUMNS))

    def _append(self, file: int, name: str, line: bytes) -> None:
        """In one call, so that a process that is killed has written the line or has not."""
        with writing(self.folder / name):
            if os.write(file, line) != len(line):
                raise OSError(None, "the disk is full")

    def _row(self, identity: Identity, found: Judgement) -> bytes:
        boxes = sorted(found.boxes, key=lambda box: -box.width * box.height)[:MOST_BOXES]
        height, width = found.scores.shape
        return _line(
            (
                identity.name,
                f"{found.score:.9g}",
                "" if found.p_value is None else f"{found.p_value:.6g}",
                DEFECTIVE if found.defective else NORMAL,
                f"{found.defective_share:.6g}",
                len(found.boxes),
                ";".join(f"{box.left} {box.top} {box.width} {box.height}" for box in boxes),
                width,
                height,
                identity.size,
                identity.modified,
            )
        )

    def _write_picture(self, picture: Picture, name: str, image: Image, found: Judgement) -> None:
        if picture == "maps":
            write_array(self._place(picture, name, "tiff"), found.scores)
        elif picture == "masks":
            mask = np.where(found.mask, np.uint8(255), np.uint8(0))
            self._save(self._place(picture, name, "png"), Pillow.fromarray(mask), compress_level=1)
        else:
            drawn = overlay(image, found.scores, self._bundle.scale, OPACITY)
            self._save(self._place(picture, name, "jpg"), Pillow.fromarray(drawn), quality=90)

    def _place(self, picture: Picture, name: str, ending: str) -> Path:
        """Where a picture of an image is written, below the folder whatever the name is."""
        parts = [
            "__" if part == ".." else part
            for part in PurePosixPath(name).parts
            if part not in ("/", "//")
        ]
        place = self.folder.joinpath(picture, *parts[:-1], f"{parts[-1]}.{ending}")
        with writing(place):
            place.parent.mkdir(parents=True, exist_ok=True)
        return place

    @staticmethod
    def _save(place: Path, picture: Pillow.Image, **options: int) -> None:
        with writing(place):
            picture.save(place, None, **options)


def _end_of_lines(path: Path) -> int:
    """The bytes of a file up to the end of its last whole line."""
    with path.open("rb") as file:
        at = file.seek(0, os.SEEK_END)
        while at > 0:
            start = max(0, at - TAIL)
            file.seek(start)
            found = file.read(at - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            at = start
    return 0


def _line(cells: Iterable[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8", "replace")
