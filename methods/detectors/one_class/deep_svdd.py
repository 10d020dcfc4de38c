"""Deep support vector data description: a network that draws normal patches to one point."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from methods.detector import Array, Explanation, Panel
from methods.detectors.one_class.heavy import parts, torch
from methods.detectors.one_class.one_class import OneClassDetector, PatchScorer, as_picture
from methods.detectors.one_class.parameters import OneClassParameters
from methods.effort import FREE, takes
from methods.errors import DetectorError
from methods.measured import Measured
from methods.progress import Progress, span
from methods.registry import register
from methods.search import within
from methods.training.crops import Batch, Crops
from methods.training.normal_cells import Cells

SAMPLE = 1024
"""Training patches whose mean is the centre, and of which the nearest to it is shown."""


class DeepSvddParameters(OneClassParameters):
    objective: Literal["one class", "soft boundary"] = Field(
        "one class",
        title="Objective",
        description="one class: all normal patches are drawn to the centre. soft boundary: only "
        "those outside a ball around it, which leaves a share of them outside; for normal images "
        "among which some are not.",
        json_schema_extra=FREE,
    )
    outside: float = Field(
        0.1,
        gt=0,
        lt=1,
        title="Share outside",
        description="Share of normal patches outside the soft boundary, nu in the paper.",
        json_schema_extra=FREE,
    )
    pretraining: int = Field(
        200,
        ge=0,
        le=100_000,
        title="Pretraining steps",
        description="Maximum number of batches for which the network is trained as the encoder of "
        "an autoencoder before. 0 for none.",
        json_schema_extra=takes(training=1, of_training=0.3, part="pretraining"),
    )
    code: int = Field(
        32,
        ge=1,
        le=512,
        title="Code size",
        description="Numbers by which the network describes a patch.",
        json_schema_extra=within(8, 128, log=True) | FREE,
    )
    decay: float = Field(
        1e-6,
        ge=0,
        le=1,
        title="Weight decay",
        description="Weight of the sum of squared weights in the loss, lambda / 2 in the paper.",
        json_schema_extra=FREE,
    )

    def unused(self) -> frozenset[str]:
        soft = [] if self.objective == "soft boundary" else ["outside"]
        return super().unused().union(soft)


class SvddScorer(PatchScorer):
    """A network psi of patches of one side and its centre c; a patch s scores ||psi(s) - c||^2.

    After training, psi of normal patches must differ: a network with one output for everything
    has a loss of zero and no judgement.
    """

    def __init__(
        self,
        params: DeepSvddParameters,
        side: int,
        channels: int,
        whole: bool,
        seed: int,
        biases: bool = False,
    ) -> None:
        self.params = params
        self.side = side
        self.channels = channels
        self.seed = seed
        self._generator = torch.Generator().manual_seed(seed)
        psi = parts.PatchNetwork(
            channels, side, params.width, params.code, biases, whole, generator=self._generator
        )
        self.stride = psi.stride
        self.network = parts.SvddNetwork(psi, params.code).to(parts.device())

    def train(self, crops: Crops, progress: Progress) -> None:
        params, network = self.params, self.network
        network.psi.standardise(torch.from_numpy(crops.training))
        before = params.pretraining / (params.pretraining + params.steps)
        if params.pretraining:
            self._pretrain(crops, span(progress, 0.0, before))
        sample = crops.training[:: -(-len(crops.training) // SAMPLE)]
        network.set_centre(torch.from_numpy(sample).to(parts.device()))
        schedule = parts.Schedule(params.steps, params.batch, params.learning_rate)
        parts.train(network, self._loss(), crops, schedule, self.seed, span(progress, before, 1.0))
        self.typical_ = self._nearest_to_centre(sample)

    def _pretrain(self, crops: Crops, progress: Progress) -> None:
        params = self.params
        autoencoder = parts.Pretraining(
            self.network.psi, self.channels, params.width, params.code, generator=self._generator
        ).to(parts.device())
        schedule = parts.Schedule(params.pretraining, params.batch, params.learning_rate)
        parts.train(autoencoder, autoencoder.loss, crops, schedule, self.seed, progress)

    def _loss(self) -> "parts.OneClassLoss":
        if self.params.objective == "one class":
            return parts.OneClassLoss(self.network, self.params.decay)
        return parts.SoftBoundaryLoss(self.network, self.params.decay, self.params.outside)

    @property
    def _centre(self) -> Cells:
        centre: Cells = self.network.centre.flatten().cpu().numpy()
        return centre

    def _nearest_to_centre(self, crops: Batch) -> Batch:
        with torch.no_grad():
            distances = self.network(torch.from_numpy(crops).to(parts.device()))
        nearest: Batch = crops[int(distances.argmin())]
        return nearest

    def describe(self, tile: "torch.Tensor") -> "torch.Tensor":
        return self.network.psi(tile)

    def learn_normal(self, points: Cells, where: str, progress: Progress) -> None:
        """Refuse a collapsed network, and keep how far from a collapse it is."""
        described = torch.from_numpy(points).to(parts.device())
        self.variance_, self.distinct_ = parts.collapse(described, self.network)
        if self.variance_ < parts.FLATTEST or self.distinct_ < min(parts.FEWEST, len(points)):
            raise DetectorError(
                f"deep-svdd collapsed on {where}: its network gives all normal patches nearly the "
                f"same output (variance {self.variance_:.2g} of the squared length of the centre, "
                f"{self.distinct_} distinct scores of {len(points)} patches), so it cannot tell "
                "others apart. Use fewer steps, or images that are not constant."
            )
        progress(1.0)

    def score(self, points: Cells) -> Cells:
        return np.square(points - self._centre).sum(axis=1)

    def explain(self, patch: Batch, score: float, unit: float) -> Explanation:
        with parts.one_thread(), torch.inference_mode():
            seen = torch.from_numpy(np.ascontiguousarray(patch))[None].to(parts.device())
            distance = float(self.network(seen))
        text = (
            f"The network puts this patch at a squared distance of {distance:.3g} from the centre "
            f"of normal patches; the usual one in this part of an image is {unit:.3g}. The score "
            f"of the pixel is {score:.3g}, where 1 is usual."
        )
        quantities = {
            "Squared distance to the centre": distance,
            "Variance of normal patches, in squared lengths of the centre": self.variance_,
            "Distinct scores of normal patches": float(self.distinct_),
        }
        if self.params.objective == "soft boundary":
            quantities["Squared radius"] = float(self.network.squared_radius)
        return Explanation(
            score,
            text,
            (
                Panel("Patch", as_picture(patch)),
                Panel("Normal patch nearest to the centre", as_picture(self.typical_)),
            ),
            quantities,
        )

    def state(self) -> dict[str, Array]:
        weights = {key: value.cpu().numpy() for key, value in self.network.state_dict().items()}
        return {
            "typical": self.typical_,
            "collapse": np.array([self.variance_, self.distinct_]),
            **{f"network.{key}": value for key, value in weights.items()},
        }

    def restore(self, arrays: Mapping[str, Array]) -> None:
        self.typical_ = arrays["typical"]
        self.variance_, self.distinct_ = float(arrays["collapse"][0]), int(arrays["collapse"][1])
        weights = {
            key.removeprefix("network."): torch.from_numpy(np.array(value))
            for key, value in arrays.items()
            if key.startswith("network.")
        }
        self.network.load_state_dict(weights)
        self.network.eval()


@register
class DeepSvdd(OneClassDetector[SvddScorer]):
    """Distance of a patch to the centre to which a network has drawn normal patches.

    With psi(s) what a network with weights theta makes of a patch s, and c the mean of psi over the
    normal patches before training (Ruff et al. 2018, equations 4 and 3), training minimises

        1/N sum_i ||psi(s_i) - c||^2 + decay ||theta||^2,

    or, with the soft boundary, where R^2 is the (1 - nu) quantile of the squared distances,

        R^2 + 1/(nu N) sum_i max(0, ||psi(s_i) - c||^2 - R^2) + decay ||theta||^2,

    and the score is ||psi(s) - c||^2. psi has no biases, no bounded activations and no shift in its
    batch normalisation, and c stays away from zero; otherwise weights of zero map everything to c.
    """

    name = "deep-svdd"
    title = "Deep SVDD"
    summary = (
        "Trains a small network to draw normal patches, or whole small images, to one point. "
        "The score is the squared distance to it. Meant for small images of one object. Choose "
        "another method for textures and for defects smoother than them: pixel AUROC on nanofibre "
        "micrographs was 0.36 and on a wire grid 0.71; padim had 0.98 and 0.99."
    )
    choose = "Images are small and show one object."
    reference = (
        "Ruff et al., Deep one-class classification, ICML 2018; several patch sizes: Yi, Yoon, "
        "Patch SVDD, ACCV 2020"
    )
    measured = Measured(0.357, 0.712, 3.5, 0.12, fixed=0.95)
    cost = "Training on 60 images of 1024 x 1024 pixels takes about 11 s on one core."
    not_exported = "its network on raw patches has not been written as a graph"
    Params = DeepSvddParameters
    params: DeepSvddParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"steps": 150, "pretraining": 100},
        "published": {
            "whole_side": 32,
            "patches": (32,),
            "width": 32,
            "pretraining": 1500,
            "steps": 3000,
            "smoothing": 0,
        },
        "thorough": {"steps": 3000, "pretraining": 1000, "width": 32, "code": 64},
    }

    def _scorer(self, side: int, channels: int, whole: bool) -> SvddScorer:
        return SvddScorer(self.params, side, channels, whole, self.seed)
