"""Density of normal patches by a normalising flow."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from methods.detector import Array
from methods.detectors.patch_models.heavy import devices, flow, torch
from methods.effort import FREE, takes
from methods.features.choice import FeatureDetector, PatchModelParameters
from methods.features.patch_features import Band, Patches
from methods.measured import Measured
from methods.models.moments import Moments
from methods.patches.grid import relative_positions
from methods.patches.patch_detector import NormalPatches, PatchModel, Reason
from methods.patches.reduction import REDUCTIONS, Kind, Reduction, ReductionParameters
from methods.progress import Progress, span
from methods.registry import register
from methods.search import within

HELD_OUT = 5000
"""Held-out patches on which the likelihood is checked."""
HELD_OUT_SHARE = 0.2
"""Of the normal images, or of the sample where there are too few of them."""
FEWEST_IMAGES = 3
"""Below this, held-out patches come from the training images."""
WEIGHTS = "flow."


class FlowParameters(ReductionParameters, PatchModelParameters):
    reduction: Kind = Field("whitened", title="Reduction", description=REDUCTIONS)
    dimensions: int = Field(
        256,
        ge=1,
        le=4096,
        title="Dimensions",
        description="Maximum number of dimensions after the reduction.",
    )
    layers: int = Field(
        4,
        ge=1,
        le=32,
        title="Coupling layers",
        description="Number of affine coupling layers (published: 8).",
        json_schema_extra=within(2, 8)
        | takes(training=1, inference=1, of_training=0.7, of_inference=0.4),
    )
    hidden: int = Field(
        128,
        ge=1,
        le=4096,
        title="Hidden units",
        description="Number of hidden units in each coupling layer.",
        json_schema_extra=within(32, 256, log=True)
        | takes(training=1, inference=1, of_training=0.5, of_inference=0.3),
    )
    frequencies: int = Field(
        3,
        ge=0,
        le=10,
        title="Position frequencies",
        description="Number of sine and cosine pairs, for each of the two axes, that tell the flow "
        "where in the image a patch is. 0 makes the density the same everywhere.",
        json_schema_extra=within(0, 4) | FREE,
    )
    sample: int = Field(
        40_000,
        ge=10,
        le=1_000_000,
        title="Sample",
        description="Number of normal patches for training, sampled evenly from all images.",
        json_schema_extra=FREE,
    )
    steps: int = Field(
        400,
        ge=1,
        le=100_000,
        title="Training steps",
        description="Maximum number of training steps. Training ends early when the likelihood of "
        "held-out normal patches no longer rises.",
        json_schema_extra=takes(training=1, of_training=0.7),
    )
    batch: int = Field(
        512,
        ge=1,
        le=65_536,
        title="Batch size",
        description="Patches in each training step.",
        json_schema_extra=takes(training=1, of_training=0.7),
    )
    learning_rate: float = Field(
        0.0003,
        gt=0,
        le=1,
        title="Learning rate",
        description="Of the Adam optimiser at the start; it falls to zero along a cosine.",
        json_schema_extra=within(0.00006, 0.0015, log=True) | FREE,
    )


class FlowModel(PatchModel):
    """How unlikely a patch is under an invertible network.

    With z the reduced patch (see `Reduction`), c the encoding of its position in the image and
    u = f(z | c) a composition of affine coupling layers (see `networks.flow`),

        log p(z | c) = -||u||^2 / 2 - d/2 log(2 pi) + log |det df/dz|,
        score = sqrt( max(0, ||u||^2 - 2 log |det df/dz|) )
              = sqrt( max(0, -2 log p(z | c) - d log(2 pi)) ),

    a function of the exact log likelihood alone. f starts as the identity, so on whitened patches
    the score starts as the Mahalanobis distance, and the weights are those with the highest
    likelihood of normal images that are held out. With n `frequencies`, c has for each axis
    sin(2^i pi x) and cos(2^i pi x), i = 0 ... n - 1, of the position x from 0 to 1.

    All stages of the network form one vector, unlike in CFlow-AD and FastFlow, which have one flow
    for each stage, and the layers see one cell at a time as in CFlow-AD, where FastFlow convolves
    over neighbouring cells. Memory: the sample. Cost: about d (3/2 `hidden`) `layers`
    multiplications a patch, three times as many in a training step.
    """

    def __init__(self, params: FlowParameters, seed: int) -> None:
        self.params = params
        self.seed = seed
        self.reduction = Reduction(params.reduction, params.dimensions)

    def fit(self, patches: NormalPatches, rng: np.random.Generator, progress: Progress) -> None:
        sample, places = patches.sample_with_places(
            self.params.sample, rng, span(progress, 0.0, 0.25)
        )
        positions = patches.positions(places, span(progress, 0.25, 0.3))
        self.reduction.fit(Moments.of([sample]), rng)
        points, condition = self.reduction(sample), self._encoded(positions)
        held_out = _held_out(places[:, 0], rng)
        checked = rng.permutation(np.flatnonzero(held_out))[:HELD_OUT]
        # Of a single patch none can be spared.
        training = np.flatnonzero(~held_out) if not held_out.all() else checked
        generator = torch.Generator().manual_seed(self.seed)
        self.flow_ = self._flow(generator)
        where = devices.device()
        learned, kept_out = (
            flow.Points(
                torch.from_numpy(points[chosen]).to(where),
                torch.from_numpy(condition[chosen]).to(where),
            )
            for chosen in (training, checked)
        )
        schedule = flow.FlowSchedule(
            self.params.steps, self.params.batch, self.params.learning_rate
        )
        training_progress = span(progress, 0.3, 0.98)
        flow.train_flow(self.flow_, learned, kept_out, schedule, generator, training_progress)
        self.usual_ = np.float32(
            np.median(self._log_densities(points[checked], condition[checked]))
        )
        progress(1.0)

    def score(self, band: Band) -> NDArray[np.float32]:
        below = -2 * self._log_density(band) - self.reduction.length * np.log(2 * np.pi)
        return np.sqrt(below.clip(0)).astype(np.float32)

    def reason(self, band: Band) -> Reason:
        found, usual = float(self._log_density(band)[0]), float(self.usual_)
        return Reason(
            f"The log likelihood of the {self.reduction.length} features at this position is "
            f"{found:.4g}; half of the held-out normal patches have more than {usual:.4g}."
        )

    def state(self) -> dict[str, Array]:
        weights = self.flow_.state_dict().items()
        return {
            **self.reduction.state(),
            "usual": np.array(self.usual_),
            **{f"{WEIGHTS}{key}": value.cpu().numpy() for key, value in weights},
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.reduction.restore(arrays)
        self.usual_ = np.float32(arrays["usual"])
        self.flow_ = self._flow(torch.Generator())
        self.flow_.load_state_dict(
            {
                key.removeprefix(WEIGHTS): torch.from_numpy(value.copy())
                for key, value in arrays.items()
                if key.startswith(WEIGHTS)
            }
        )

    def _flow(self, generator: "torch.Generator") -> "flow.Flow":
        made = flow.Flow(
            self.reduction.length,
            4 * self.params.frequencies,
            self.params.layers,
            self.params.hidden,
            generator,
        )
        return made.to(devices.device())

    def _log_density(self, band: Band) -> NDArray[np.float32]:
        cells = np.arange(band.cells.start, band.cells.stop)
        condition = self._encoded(relative_positions(cells, band.grid))
        return self._log_densities(self.reduction(band.patches), condition)

    def _log_densities(self, points: Patches, condition: Patches) -> NDArray[np.float32]:
        where = devices.device()
        with devices.one_thread():
            found: NDArray[np.float32] = (
                self.flow_.log_densities(
                    torch.from_numpy(points).to(where), torch.from_numpy(condition).to(where)
                )
                .cpu()
                .numpy()
            )
        return found

    def _encoded(self, positions: NDArray[np.float32]) -> Patches:
        """Sines and cosines (n, 4 * frequencies) of positions (n, 2) from 0 to 1."""
        angles = positions[:, :, None] * (np.pi * 2.0 ** np.arange(self.params.frequencies))
        flat = angles.reshape(len(positions), 2 * self.params.frequencies)
        return np.concatenate([np.sin(flat), np.cos(flat)], axis=1).astype(np.float32)


def _held_out(images: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which patches (n,) to hold out: those of some images, given the number of each one's."""
    kinds = np.unique(images)
    if len(kinds) < FEWEST_IMAGES:
        count = max(1, round(HELD_OUT_SHARE * len(images)))
        return np.isin(np.arange(len(images)), rng.choice(len(images), count, replace=False))
    count = max(1, round(HELD_OUT_SHARE * len(kinds)))
    return np.isin(images, rng.choice(kinds, count, replace=False))


@register
class NormalisingFlow(FeatureDetector):
    """Rarity of a patch under a normalising flow."""

    name = "normalising-flow"
    title = "Normalising flow"
    summary = (
        "Describes each position of an image by several stages of a pretrained network. An "
        "invertible network learns the density of these features, which may depend on the "
        "position. The score is how unlikely a patch is. It ranked pixels slightly below PaDiM "
        "on two sets, and misses defects that occur as normal patches at the same position."
    )
    choose = "Normal features depend on the position in a complicated way."
    measured = Measured(0.984, 0.986, 8.0, 0.83, fixed=0.6, features=0.2)
    reference = (
        "Yu, Zheng, Wang, Li, Wu, Zhao and Wu, FastFlow: unsupervised anomaly detection and "
        "localization via 2D normalizing flows, 2021; Gudovskiy, Ishizaka and Kozuka, CFLOW-AD: "
        "real-time unsupervised anomaly detection with localization via conditional normalizing "
        "flows, WACV 2022"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes about twice as long as that of padim, "
        "inference 1.5 times."
    )
    fewest_folds = 10
    Params = FlowParameters
    params: FlowParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"sample": 10_000, "steps": 120, "layers": 2},
        "thorough": {"sample": 100_000, "steps": 2000, "hidden": 256, "layers": 8},
        "published": {
            "reduction": "none",
            "layers": 8,
            "hidden": 512,
            "frequencies": 8,
            "sample": 100_000,
            "steps": 2000,
            "learning_rate": 0.0002,
        },
        "raw patches": {"features": "raw patches", "smoothing": 2.0},
    }

    def _model(self) -> PatchModel:
        return self._evened(FlowModel(self.params, self.seed))
