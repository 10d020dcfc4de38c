"""What models of a sample of normal patches share: the sample, its reduction, their parameters."""

from abc import abstractmethod
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from methods.detector import Array
from methods.effort import takes
from methods.features.choice import FeatureDetector, PatchModelParameters
from methods.features.patch_features import Band, Patches
from methods.models.moments import Moments
from methods.patches.patch_detector import NormalPatches, PatchModel, Reason
from methods.patches.reduction import Reduction, WhitenedParameters
from methods.progress import Progress, span


class SampleParameters(WhitenedParameters, PatchModelParameters):
    """Features, their reduction, and how many normal patches the model is made from."""

    sample: int = Field(
        20_000,
        ge=10,
        le=1_000_000,
        title="Sample",
        description="Number of normal patches used for the model, sampled evenly from all images.",
        json_schema_extra=takes(training=1, of_training=0.5),
    )


class SampleModel(PatchModel):
    """A model of reduced patches, made from a sample of the normal ones.

    Memory holds the sample, whatever the number of images. Scores are distances: from zero upwards.
    """

    def __init__(self, params: SampleParameters) -> None:
        self.params = params
        self.reduction = Reduction(params.reduction, params.dimensions)

    @abstractmethod
    def _fit(self, sample: Patches, rng: np.random.Generator, progress: Progress) -> None:
        """Learn from reduced normal patches (n, k)."""

    @abstractmethod
    def _score(self, patches: Patches) -> NDArray[np.float32]:
        """The scores (n,) of reduced patches (n, k)."""

    @abstractmethod
    def _state(self) -> dict[str, Array]:
        """What `_fit` learned, as arrays."""

    @abstractmethod
    def _restore(self, arrays: Mapping[str, Array]) -> None:
        """Take back what `_state` gave."""

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        sample = patches.sample(self.params.sample, rng, span(progress, 0.0, 0.4))
        self.reduction.fit(Moments.of([sample]), rng)
        reduced = self.reduction(sample)
        self._fit(reduced, rng, span(progress, 0.4, 0.95))
        self.usual_ = np.float32(np.median(self._score(reduced)))
        progress(1.0)

    def score(self, band: Band) -> NDArray[np.float32]:
        return self._score(self.reduction(band.patches))

    def reason(self, band: Band) -> Reason:
        score = float(self.score(band)[0])
        return Reason(
            f"The distance of the patch is {score:.4g} from the densest region of normal "
            f"patches; half of the normal patches are closer than {float(self.usual_):.4g}."
        )

    def state(self) -> dict[str, Array]:
        return {**self.reduction.state(), "usual": np.array(self.usual_), **self._state()}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.reduction.restore(arrays)
        self.usual_ = np.float32(arrays["usual"])
        self._restore(arrays)


class SampleDetector(FeatureDetector):
    """A detector whose model is made from a sample of normal patches."""

    params: SampleParameters

    @abstractmethod
    def _sample_model(self) -> SampleModel:
        """An unfitted model as the parameters ask for it."""

    def _model(self) -> PatchModel:
        return self._evened(self._sample_model())
