"""What the detectors of the family share: samples to look at, beside normal crops."""

from abc import abstractmethod
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from images.words import percent
from methods.detector import Array, Panel
from methods.detectors.generative.diversity import Diversity, diversity
from methods.detectors.generative.heavy import parts, torch
from methods.detectors.generative.sheets import sheet
from methods.detectors.restoration.restoration import N, RestorationDetector
from methods.training.crops import Batch, Crops

SHOWN = 16
"""Crops on a sheet."""
COMPARED = 64
"""Crops whose diversity is measured."""


class SamplingDetector(RestorationDetector[N]):
    """A restoration detector whose network can draw crops from codes.

    After training, as many samples as normal crops are compared: `diversity_`. Inspect shows a
    sheet of each.
    """

    diversity_: Diversity
    normal_crops_: NDArray[np.uint8]
    """A few normal crops (n, channels, side, side), 8 bits, to show beside samples."""

    @abstractmethod
    def _decode(self, network: N, codes: "torch.Tensor") -> "torch.Tensor":
        """The crops that the network draws from codes (n, code, h, w) of the prior N(0, I)."""

    def _look_at_samples(self, network: N, crops: Crops) -> None:
        """Measure the diversity of samples, and keep normal crops to show."""
        count = min(COMPARED, len(crops.training))
        rng = np.random.default_rng(self.seed)
        normal = crops.training[rng.choice(len(crops.training), count, replace=False)]
        self.diversity_ = diversity(self._samples(network, count), normal)
        self.normal_crops_ = np.rint(255 * normal[:SHOWN].clip(0, 1)).astype(np.uint8)

    def _samples(self, network: N, count: int) -> Batch:
        """Crops (count, channels, side, side) that the network draws, the same ones each time."""
        cells = self.params.crop // 2**self.params.depth
        generator = torch.Generator().manual_seed(self.seed)
        codes = torch.randn((count, self.params.code, cells, cells), generator=generator)
        network.eval()
        with parts.one_thread(), torch.inference_mode():
            drawn: Batch = self._decode(network, codes.to(parts.device())).cpu().numpy()
            return drawn

    def _learned(self) -> tuple[Panel, ...]:
        normal = np.divide(self.normal_crops_, 255, dtype=np.float32)
        return (
            Panel(
                f"Generated samples, {percent(self.diversity_.share)} as diverse as normal crops",
                sheet(self._samples(self.network_, len(normal))),
            ),
            Panel("Crops of normal images", sheet(normal)),
        )

    def _state(self) -> dict[str, Array]:
        return {
            **super()._state(),
            "diversity": np.array([self.diversity_.generated, self.diversity_.normal]),
            "normal_crops": self.normal_crops_,
        }

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        kept = dict(arrays)
        self.diversity_ = Diversity(*map(float, kept.pop("diversity")))
        self.normal_crops_ = kept.pop("normal_crops")
        super()._restore(kept)
