"""What normal patches look like as sparse codes, and how far from that a patch is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from images.colour import Image
from methods.detector import Array, Cloud, DetectorError, Panel
from methods.detectors.sparse_coding.coding import indicators
from methods.detectors.sparse_coding.coding.density import Density
from methods.detectors.sparse_coding.coding.dictionary import learn_dictionary
from methods.detectors.sparse_coding.coding.indicators import Indicators
from methods.detectors.sparse_coding.coding.parameters import SparseCodingParameters
from methods.detectors.sparse_coding.coding.solver import Codes, encode
from methods.features.patch_features import Band, Patches
from methods.patches.patch_detector import NormalPatches, PatchModel, Reason
from methods.progress import Progress, span

HELD_OUT = 0.3
"""Share of the normal pixels that the dictionary never sees and the density is fitted on."""
CHUNK = 4096
"""Patches coded between two reports of progress."""
SHOWN_ATOMS = 6
SHOWN_POINTS = 1000


@dataclass(frozen=True)
class Standardised:
    """Patches (n, d) less their means and in units: original = means + units * patches."""

    patches: Patches
    means: NDArray[np.float32]
    units: NDArray[np.float32]


class SparseCodingModel(PatchModel):
    """A dictionary of normal patches and the density of indicators of patches not in it.

    A patch less its mean, in units of the normal patches' root mean square norm, is coded as

        a = argmin_a  1/2 ||s - D a||^2 + penalty ||a||_1

    and its score is minus the log density of its indicators: log ||s - D a||^2, log ||a||_1 and,
    unless left out, the log of the largest squared error of 3 x 3 pixels, four of its texture and
    four of the texture in its middle.
    """

    coding_names: ClassVar[tuple[str, ...]] = indicators.CODING

    def __init__(self, params: SparseCodingParameters) -> None:
        self.params = params

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        learning, held_out = patches.split(HELD_OUT, self.params.window)
        self.dictionary_ = self._learn(learning, rng, span(progress, 0.0, 0.7))
        normal = held_out.sample(self.params.density_patches, rng, span(progress, 0.7, 0.75))
        points, self.use_ = self._judge_normal(normal, span(progress, 0.75, 0.9))
        self.points_ = points[rng.permutation(len(points))[:SHOWN_POINTS]]
        self.density_ = Density()
        self.density_.fit(points, self.params.components, rng, span(progress, 0.9, 1.0))

    def score(self, band: Band) -> NDArray[np.float32]:
        coded = self.standardise(band.patches).patches
        points = self.indicators(band.patches, coded, self.encode(coded))
        return self.density_.score(points).astype(np.float32)

    def standardise(self, patches: Patches) -> Standardised:
        """The form in which patches are coded."""
        means = patches.mean(axis=1)
        centred = patches - means[:, None]
        units = np.full(len(patches), self.typical_norm_, dtype=np.float32)
        if self.params.contrast == "evened":
            norms = np.linalg.norm(centred, axis=1)
            units = np.maximum(norms, indicators.FLOOR**0.5 * self.typical_norm_)
        return Standardised(centred / units[:, None], means, units)

    def encode(self, patches: Patches) -> Codes:
        """The codes of standardised patches."""
        return encode(patches, self.dictionary_, self.params.penalty)

    def indicators(self, patches: Patches, coded: Patches, codes: Codes) -> Indicators:
        """The indicators (n, q) of patches as they were cut, as they were coded, and of codes."""
        coding = self._coding_indicators(codes)
        if self.params.indicators == "coding":
            return coding
        texture = indicators.of_texture(patches, self.typical_norm_)
        residuals = indicators.of_residuals(coded, self.dictionary_, codes)
        return np.concatenate([coding, residuals, texture], axis=1)

    def indicator_names(self) -> tuple[str, ...]:
        """What the columns of the indicators are."""
        if self.params.indicators == "coding":
            return self.coding_names
        return (*self.coding_names, indicators.PEAK, *indicators.TEXTURE, *indicators.MIDDLE)

    def reason(self, band: Band) -> Reason:
        standardised = self.standardise(band.patches)
        codes = self.encode(standardised.patches)
        point = self.indicators(band.patches, standardised.patches, codes)
        rarer = self.density_.percentile(self.density_.score(point)[0])
        error, norm = float(codes.squared_error[0]), float(codes.l1_norm[0])
        typical_error, typical_norm = np.exp(np.median(self.points_[:, :2], axis=0))
        return Reason(
            f"{len(codes.atoms)} atoms with a total weight of {norm:.3g} (normal: "
            f"{typical_norm:.3g}) leave a squared error of {error:.3g} (normal: "
            f"{typical_error:.3g}). By its indicators, the patch is rarer than {rarer:.4g} % of "
            "normal ones.",
            standardised.means[0]
            + standardised.units[0] * (codes.weights @ self.dictionary_[codes.atoms]),
            self._atom_panels(codes),
            {
                "Atoms used": float(len(codes.atoms)),
                **dict(zip(self.indicator_names(), point[0].tolist(), strict=True)),
                "Rarer than % of normal": rarer,
            },
            Cloud(
                "log squared error",
                "log l1 norm",
                self.points_[:, :2].astype(np.float32),
                (float(point[0, 0]), float(point[0, 1])),
            ),
        )

    def pictures(self) -> tuple[Panel, ...]:
        """The dictionary, its most used atoms first."""
        order = np.argsort(-self.use_, kind="stable")
        title = f"Dictionary of {len(order)} atoms, most used first"
        return (Panel(title, mosaic(self.dictionary_[order]), signed=True),)

    def state(self) -> dict[str, Array]:
        return {
            "typical_norm": np.array(self.typical_norm_),
            "dictionary": self.dictionary_,
            "use": self.use_,
            "points": self.points_,
            **self.density_.state(),
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.typical_norm_ = float(arrays["typical_norm"])
        self.dictionary_ = arrays["dictionary"]
        self.use_ = arrays["use"]
        self.points_ = arrays["points"]
        self.density_ = Density()
        self.density_.restore(arrays)
        if len(self.density_.centre_) != len(self.indicator_names()):
            raise ValueError("it was saved by an earlier version; fit the method again")

    def _learn(
        self, learning: NormalPatches, rng: np.random.Generator, progress: Progress
    ) -> Patches:
        """The dictionary (k, d), in units of the typical norm, which is found first."""
        sample = learning.sample(self.params.training_patches, rng, span(progress, 0.0, 0.15))
        self.typical_norm_ = _typical_norm(sample)
        if self.typical_norm_ == 0:
            raise DetectorError("The normal images are uniform; there is no texture to learn.")
        return self._dictionary_of(sample, rng, span(progress, 0.15, 1.0))

    def _dictionary_of(
        self, sample: Patches, rng: np.random.Generator, progress: Progress
    ) -> Patches:
        return learn_dictionary(
            self.standardise(sample).patches,
            self.params.atoms,
            self.params.penalty,
            rng=rng,
            epochs=self.params.epochs,
            progress=progress,
        )

    def _judge_normal(self, patches: Patches, progress: Progress) -> tuple[Indicators, Array]:
        """Indicators of normal patches, and the mean absolute weight of every atom on them."""
        points = []
        use = np.zeros(len(self.dictionary_))
        for first in range(0, len(patches), CHUNK):
            chunk = patches[first : first + CHUNK]
            coded = self.standardise(chunk).patches
            codes = self.encode(coded)
            points.append(self.indicators(chunk, coded, codes))
            use += np.bincount(codes.atoms, np.abs(codes.weights), len(use))
            progress((first + len(chunk)) / len(patches))
        return np.concatenate(points), use / len(patches)

    def _coding_indicators(self, codes: Codes) -> Indicators:
        return indicators.of_codes(codes)

    def _atom_panels(self, codes: Codes) -> tuple[Panel, ...]:
        heaviest = np.argsort(-np.abs(codes.weights))[:SHOWN_ATOMS]
        return tuple(
            Panel(
                f"{codes.weights[at]:+.2f} x atom {codes.atoms[at]}",
                _square(self.dictionary_[codes.atoms[at]]),
                signed=True,
            )
            for at in heaviest
        )


def mosaic(atoms: Patches) -> Image:
    """Atoms (k, d) side by side as one picture, each stretched to its largest value."""
    side, columns = round(atoms.shape[1] ** 0.5), int(np.ceil(len(atoms) ** 0.5))
    rows = -(-len(atoms) // columns)
    picture = np.zeros((rows * (side + 1) + 1, columns * (side + 1) + 1), dtype=np.float32)
    for number, atom in enumerate(atoms):
        top, left = (1 + at * (side + 1) for at in divmod(number, columns))
        picture[top : top + side, left : left + side] = _square(atom) / np.abs(atom).max()
    return picture


def _square(atom: Patches) -> Image:
    side = round(len(atom) ** 0.5)
    return atom.reshape(side, side)


def _typical_norm(patches: Patches) -> float:
    """Root mean square norm of patches less their means."""
    return float(np.sqrt(patches.shape[1] * patches.astype(np.float64).var(axis=1).mean()))
