"""The clip detector: words for what is normal and what is damaged, compared with windows."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from images.colour import Image
from methods.detector import Array, Detector, Explanation, Need, Panel
from methods.detectors.zero_shot.clip_source import HOW, missing, source
from methods.detectors.zero_shot.heavy import clip_model
from methods.detectors.zero_shot.windows import (
    harmonic_mean,
    harmonic_of_windows,
    patch_at,
    to_pixels,
    windows,
)
from methods.errors import DetectorError, OtherNetworkError
from methods.parameters import Parameters, smoothing_field
from methods.patches.grid import ScoreMap
from methods.patches.patch_detector import smooth
from methods.progress import Progress, no_progress, span
from methods.registry import leave_out, register

TEMPLATES = tuple(
    f"{before} {article} {what}."
    for before, what in (
        ("a cropped photo of", "{}"),
        ("a close-up photo of", "{}"),
        ("a bright photo of", "{}"),
        ("a dark photo of", "{}"),
        ("a jpeg corrupted photo of", "{}"),
        ("a blurry photo of", "{}"),
        ("a photo of", "{}"),
        ("a photo of", "small {}"),
        ("a photo of", "large {}"),
        ("a photo of", "{} for visual inspection"),
        ("a photo of", "{} for anomaly detection"),
    )
    for article in ("a", "the")
)
"""The sentences around a state (Jeong et al. 2023, appendix): 22 in all."""


WHOLE = "whole image"

Words = Annotated[str, Field(min_length=1, max_length=80)]


class ClipParameters(Parameters):
    subject: str = Field(
        "object",
        min_length=1,
        max_length=80,
        title="What is shown",
        description="What the images show, in English, such as leather or metal nut. It stands in "
        "the place of {} below.",
    )
    normal: tuple[Words, ...] = Field(
        (
            "{}",
            "flawless {}",
            "perfect {}",
            "unblemished {}",
            "{} without flaw",
            "{} without defect",
            "{} without damage",
        ),
        min_length=1,
        max_length=40,
        title="Words for normal",
        description="What normal looks like, in English, separated by commas (default: as "
        "published).",
    )
    damaged: tuple[Words, ...] = Field(
        ("damaged {}", "{} with flaw", "{} with defect", "{} with damage"),
        min_length=1,
        max_length=40,
        title="Words for damaged",
        description="What damaged looks like, in English, separated by commas (default: as "
        "published).",
    )
    windows: tuple[int, ...] = Field(
        (2, 3),
        min_length=1,
        max_length=6,
        title="Windows",
        description="Sides of the windows that are compared with the words, in patches of the "
        "network, separated by commas (published: 2 and 3). The whole image is compared too.",
    )
    smoothing: float = smoothing_field(0.0)


class Clip(Detector):
    """WinCLIP without normal images.

    With e the embedding of a window and t_n, t_d the mean embeddings of the words for normal and
    for damaged in all templates, the score of the window is

        exp(e t_d / T) / (exp(e t_n / T) + exp(e t_d / T)),

    T the temperature of the model. A patch has the harmonic mean of the scores of its windows, for
    each size of windows; these and the score of the whole image are joined by the harmonic mean.
    """

    name = "clip"
    title = "CLIP, words and windows"
    summary = (
        "Compares windows of an image with words for normal and damaged, by a network trained on "
        "images with captions. It needs no other image, and misses defects that the words do not "
        "describe or that are smaller than a window."
    )
    reference = (
        "Jeong, Zou, Kim, Zhang, Ravichandran and Dabeer, WinCLIP: zero-/few-shot anomaly "
        "classification and segmentation, CVPR 2023"
    )
    needs: ClassVar[tuple[Need, ...]] = ()
    not_exported = "no graph has been written for its windows"
    Params = ClipParameters
    params: ClipParameters

    def warm_up(self) -> None:
        clip_model.clip(source())

    def _fit(self, images: Sequence[Image], progress: Progress) -> None:
        model = clip_model.clip(source())
        found = []
        for at, states in enumerate((self.params.normal, self.params.damaged)):
            part = span(progress, at / 2, (at + 1) / 2)
            sums = []
            for done, template in enumerate(TEMPLATES, start=1):
                phrases = [_phrase(template, state, self.params.subject) for state in states]
                sums.append(model.texts(phrases).sum(axis=0))
                part(done / len(TEMPLATES))
            mean = np.sum(sums, axis=0)
            found.append(mean / np.linalg.norm(mean))
        self.words_ = np.array(found, dtype=np.float32)
        self.digest_ = np.frombuffer(source().digest, dtype=np.uint8)

    def _score_map(self, image: Image, progress: Progress) -> ScoreMap:
        joined = harmonic_mean(list(self._maps(image, progress).values()))
        return smooth(to_pixels(joined, *image.shape[:2]), self.params.smoothing)

    def _explain(self, image: Image, row: int, col: int) -> Explanation:
        maps = self._maps(image, no_progress)
        side = len(maps[WHOLE])
        height, width = image.shape[:2]
        down, across = patch_at(row, height, side), patch_at(col, width, side)
        found = {name: float(scores[down, across]) for name, scores in maps.items()}
        score = float(harmonic_mean(list(maps.values()))[down, across])
        size = max(self.params.windows)
        top, left = (min(max(at - size // 2, 0), side - size) for at in (down, across))
        rows = slice(top * height // side, max((top + size) * height // side, 1))
        columns = slice(left * width // side, max((left + size) * width // side, 1))
        return Explanation(
            score,
            "The words for damaged fit better than those for normal the nearer a score is to 1. "
            "The score is the harmonic mean of that of the whole image and those of the windows "
            "around this pixel.",
            (Panel("Seen here", image[rows, columns]),),
            found,
        )

    def _maps(self, image: Image, progress: Progress) -> dict[str, NDArray[np.float64]]:
        """The scores of each patch, by the size of the windows they come from."""
        model = clip_model.clip(source())
        if not self._has_its_weights():
            raise DetectorError(
                f"This detector was fitted with other weights than {source().file}; fit it again."
            )
        temperature = model.temperature()
        maps = {WHOLE: np.full((model.side,) * 2, self._scores(model.whole(image), temperature)[0])}
        sizes = self.params.windows
        for at, size in enumerate(sizes):
            if not 1 <= size <= model.side:
                raise DetectorError(
                    f"clip.windows has {size}; expected whole numbers from 1 to {model.side}, the "
                    "patches along a side."
                )
            part = span(
                progress, at / len(self.params.windows), (at + 1) / len(self.params.windows)
            )
            members = windows(model.side, size)
            scores = self._scores(model.windows(image, members, part), temperature)
            maps[f"windows of {size} x {size} patches"] = harmonic_of_windows(
                scores, members, model.side
            )
        return maps

    def _scores(self, embeddings: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
        """For each embedding (n, d) the share (n,) of damaged in the softmax of both cosines."""
        normal, damaged = (embeddings @ self.words_.T).astype(np.float64).T
        return 1 / (1 + np.exp((normal - damaged) / temperature))

    def _state(self) -> dict[str, Array]:
        return {"words": self.words_, "weights": self.digest_}

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        self.words_, self.digest_ = arrays["words"], arrays["weights"]
        if not self._has_its_weights():
            raise OtherNetworkError("other weights of CLIP")

    def _has_its_weights(self) -> bool:
        return np.array_equal(self.digest_, np.frombuffer(source().digest, dtype=np.uint8))


def _phrase(template: str, state: str, subject: str) -> str:
    """A state of the subject in a template."""
    return template.replace("{}", state.replace("{}", subject))


if reason := missing():
    leave_out(Clip.name, reason, HOW)
else:
    register(Clip)
