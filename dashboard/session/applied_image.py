"""A new image that is kept in a file, and what was decided about it."""

import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path

from evaluation.bundle.judgement import Judgement
from evaluation.comparison.storage import read_image
from images.colour import Image, Mask
from images.dataset import GOOD, Picture
from images.properties import Properties


class Folder:
    """A folder for temporary files that goes with the last thing that knows it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="anomaly-compare-applied-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True)
class StoredImage:
    """An image in a file; equal for the same file, so that a comparison knows it again."""

    path: Path
    folder: Folder = field(repr=False)

    def __call__(self) -> Image:
        return read_image(self.path)


@dataclass(frozen=True)
class Numbers:
    """What was decided about an image, without its arrays."""

    score: float
    p_value: float | None
    defective: bool
    defective_share: float
    regions: int
    median: float

    @classmethod
    def of(cls, found: Judgement) -> "Numbers":
        """Those of a judgement."""
        return cls(
            found.score,
            found.p_value,
            found.defective,
            found.defective_share,
            len(found.boxes),
            found.median(),
        )


@dataclass
class AppliedImage:
    """An image that was dropped."""

    name: str
    digest: str
    """Equal for equal pixels."""
    read: StoredImage
    with_data: Mask | None
    properties: Properties
    number: int
    """Of the file of its score map."""
    own_score: float | None = None
    """The model's own score of the image, where it decides by that."""
    numbers: Numbers | None = None
    trouble: str = ""
    """Why it could not be judged, in a sentence."""

    def picture(self) -> Picture:
        """The image as a normal one."""
        without = self.with_data
        return Picture(
            f"confirmed/{self.name}",
            GOOD,
            self.read,
            read_counted=None if without is None else lambda: without,
            digest=bytes.fromhex(self.digest),
        )
