"""New images that a person has a method judge, and what that person says of its decisions."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import numpy as np

from dashboard.session.applied_image import AppliedImage, Folder, Numbers, StoredImage
from dashboard.session.uploaded import asks_for_network, bundle_in, with_network
from evaluation.bundle.bundle import Bundle
from evaluation.bundle.incoming import read_page
from evaluation.bundle.judgement import Judgement, Scored, counted_pixels, decided, scored
from evaluation.bundle.network import MissingNetworkError
from evaluation.comparison.storage import read_array, write_array, write_image
from evaluation.decisions.confusion import Confusion
from evaluation.decisions.drift import Drift
from evaluation.decisions.shift import shift_text, side_of_bulk
from evaluation.report.spreadsheets import inert
from images.dataset import Picture
from images.errors import AnomalyError, ImageError, explained
from images.open import Upload
from images.reading.archive import is_archive, zip_files
from images.reading.files import Files, Page, uploaded_files
from images.words import count

MOST = 500
"""Images that are kept at one time."""
LEAST_SHIFTED = 3
"""Images below which nothing is said of them as a whole."""

Verdict = Literal["normal", "defect"]
"""What a person says of an image."""
Advance = Callable[[float], object]


@dataclass
class Applied:
    """A method, new images, what it decides about them and what a person says.

    Images, maps and decisions go when they are removed; what a person has said stays, by pixels.
    """

    bundle: Bundle | None = None
    uploaded: Bundle | None = None
    """The bundle that was uploaded, whichever is used."""
    bundle_trouble: str = ""
    """Why the file that was uploaded cannot be used, in a sentence."""
    lacking: Bundle | None = None
    """A bundle that was uploaded and needs the ONNX file of its network."""
    images: list[AppliedImage] = field(default_factory=list)
    added: int | None = None
    """How many images were added to the normal ones at last."""
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    """What a person has said of images, by their digests."""
    troubles: list[str] = field(default_factory=list)
    """Why files could not be used, in sentences."""
    round: int = 0
    """Counts how often images were taken, which empties the uploader."""
    waiting: list[Upload] = field(default_factory=list)
    """Files that were dropped and not looked at yet."""
    _model: object = None
    """What tells the model of the maps from others."""
    _exported: tuple[object, Bundle] | None = None
    _folder: Folder | None = None
    """Where images and maps are; None before the first image."""
    _network: Folder | None = None
    """Where the network of the uploaded bundle is, if that was uploaded too."""

    def upload(self, name: str, data: bytes) -> None:
        """Take a bundle from the bytes of its file.

        Raises `BundleError`, `DetectorError` or `WriteError`, in a sentence, when it cannot be used
        here; it is then `lacking` if the file of its network would help.
        """
        self.uploaded = self.lacking = None
        bundle = bundle_in(name, data)
        try:
            _ = bundle.detector
        except MissingNetworkError as error:
            if not error.is_onnx:
                raise
            self.lacking = bundle
            raise asks_for_network(bundle, error) from error
        self.uploaded = bundle

    def upload_network(self, name: str, data: bytes) -> None:
        """Take the network of the bundle that lacks it from the bytes of an ONNX file.

        Raises `UnavailableError` or `WriteError`, in a sentence, when it is not that network.
        """
        assert self.lacking is not None
        self.uploaded, self._network = with_network(self.lacking, name, data)
        self.lacking = None

    def exported(self, key: object, make: Callable[[], Bundle]) -> Bundle:
        """The bundle of a method of the comparison, made anew for another key."""
        if self._exported is None or self._exported[0] != key:
            self._exported = key, make()
        return self._exported[1]

    def use(self, bundle: Bundle | None, model: object, advance: Advance) -> None:
        """Judge by a bundle from now on; `model` is equal for the same fitted detector.

        Images are scored again for another model, and for other thresholds only judged again.
        """
        if bundle is self.bundle:
            return
        if bundle is None:
            self.bundle = None
            return
        same = model == self._model
        self.bundle, self._model = bundle, model
        for at, image in enumerate(self.images):
            self._judge(image, are_there=same and not image.trouble)
            advance((at + 1) / len(self.images))

    def take(self, advance: Advance) -> None:
        """Judge the files that wait."""
        assert self.bundle is not None
        uploads, self.waiting, self.troubles = self.waiting, [], []
        self.round += 1
        pages = list(self._pages(uploads))
        for at, page in enumerate(pages):
            if len(self.images) >= MOST:
                rest = count(len(pages) - at, "image")
                self.troubles.append(
                    f"No more than {MOST} images are kept at a time; {rest} of those that were "
                    "added last were not looked at."
                )
                break
            try:
                self._add(page)
            except AnomalyError as error:
                self.troubles.append(str(error))
            advance((at + 1) / len(pages))

    def found(self, image: AppliedImage) -> Judgement:
        """What was decided about an image that was judged, with its arrays."""
        assert self.bundle is not None
        counted = counted_pixels(self.bundle, image.name, image.read(), image.with_data)
        return decided(self.bundle, image.name, self._scored(image), counted)

    def remove_images(self) -> None:
        """Let go of all images, but not of what a person has said."""
        self.images, self.troubles, self.waiting, self.added = [], [], [], None
        self.round += 1
        self._folder = None

    def judged(self) -> list[tuple[AppliedImage, Numbers]]:
        """The images that could be judged."""
        return [(each, each.numbers) for each in self.images if each.numbers is not None]

    def confusion(self) -> Confusion:
        """The decisions against what the person says, of the images about which that was said."""
        counts = {(said, flagged): 0 for said in ("normal", "defect") for flagged in (True, False)}
        for image, numbers in self.judged():
            if image.digest in self.verdicts:
                counts[self.verdicts[image.digest], numbers.defective] += 1
        return Confusion(
            counts["defect", True],
            counts["normal", True],
            counts["normal", False],
            counts["defect", False],
        )

    def confirmed_normal(self) -> list[Picture]:
        """The images that the person says are normal."""
        return [
            each.picture() for each in self.images if self.verdicts.get(each.digest) == "normal"
        ]

    def warning(self) -> str:
        """What a person must know of the images as a whole; nothing when all is well."""
        assert self.bundle is not None
        judged = self.judged()
        if len(judged) < LEAST_SHIFTED:
            return ""
        medians = np.array([numbers.median for _, numbers in judged])
        shifted = bool(side_of_bulk(self.bundle.normal_medians, medians))
        return shift_text(
            [self.bundle.facts.label] if shifted else [],
            self.bundle.normal_properties,
            [image.properties for image, _ in judged],
            "new images",
        )

    def drift(self) -> Drift:
        """The running statistics of the scores, in the order in which images came."""
        assert self.bundle is not None
        drift = Drift(self.bundle.normal_scores, self.bundle.facts.image_threshold.value)
        for image, numbers in self.judged():
            drift.add(image.name, numbers.score)
        return drift

    def table(self) -> str:
        """All decisions with what the person says, as CSV."""
        assert self.bundle is not None
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(
            ("image", "score", "p_value", "decision", "your_verdict", "defective_share", "regions")
        )
        for image, numbers in self.judged():
            writer.writerow(
                (
                    inert(image.name),
                    f"{numbers.score:.9g}",
                    "" if numbers.p_value is None else f"{numbers.p_value:.6g}",
                    "defective" if numbers.defective else "normal",
                    self.verdicts.get(image.digest, ""),
                    f"{numbers.defective_share:.6g}",
                    numbers.regions,
                )
            )
        return text.getvalue()

    def _pages(self, uploads: Sequence[Upload]) -> "list[Page]":
        """The images in the files, of which some may be archives."""
        pages: list[Page] = []
        for name, data in uploads:
            try:
                found = _files(name, data)
            except ImageError as error:
                self.troubles.append(str(error))
                continue
            self.troubles += found.refusals()
            for file in found.files:
                try:
                    pages.extend(file.pages)
                except ImageError as error:
                    self.troubles.append(str(error))
        return pages

    def _add(self, page: Page) -> None:
        assert self.bundle is not None
        new = read_page(page, self.bundle.facts.scales, measured=True)
        digest = blake2b(np.ascontiguousarray(new.pixels).tobytes(), digest_size=16)
        digest.update(repr(new.pixels.shape).encode())
        if any(each.digest == digest.hexdigest() for each in self.images):
            return
        number, folder = len(self.images), self._folder or Folder()
        self._folder = folder
        place = folder.path / f"{number:05d}.tiff"
        write_image(place, new.pixels)
        assert new.properties is not None
        image = AppliedImage(
            page.name,
            digest.hexdigest(),
            StoredImage(place, folder),
            new.with_data,
            new.properties,
            number,
        )
        self.images.append(image)
        self._judge(image, are_there=False)

    def _judge(self, image: AppliedImage, *, are_there: bool) -> None:
        """Decide about an image; its scores `are_there` where the same model gave them already."""
        assert self.bundle is not None
        image.numbers, image.trouble = None, ""
        try:
            pixels = image.read()
            counted = counted_pixels(self.bundle, image.name, pixels, image.with_data)
            if not are_there:
                given = scored(self.bundle, pixels)
                write_array(self._map(image), given.scores)
                image.own_score = given.own
            image.numbers = Numbers.of(
                decided(self.bundle, image.name, self._scored(image), counted)
            )
        except ImageError as error:
            image.trouble = str(error)
        except Exception as error:  # the model of a bundle may be inconsistent in any way
            image.trouble = f"{image.name}: {explained(error)}"

    def _scored(self, image: AppliedImage) -> Scored:
        """The scores that the model gave."""
        return Scored(read_array(self._map(image)), image.own_score)

    def _map(self, image: AppliedImage) -> Path:
        return image.read.path.with_name(f"{image.number:05d}_scores.tiff")


def _files(name: str, data: bytes) -> Files:
    """The files of an archive, or the one file that this is."""
    return zip_files(data, name) if is_archive(data) else uploaded_files([(name, data)])
