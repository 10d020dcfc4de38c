"""The autoencoder residual: an image against what a narrow code remembers of it."""

from typing import TYPE_CHECKING

from methods.autoencoder.crops import Crops
from methods.autoencoder.restoration import RestorationDetector, RestorationParameters
from methods.progress import Progress
from methods.registry import register

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from methods.autoencoder.network import ConvolutionalAutoencoder


@register
class Autoencoder(RestorationDetector["ConvolutionalAutoencoder"]):
    """Residual of a fully convolutional autoencoder trained on normal images."""

    name = "autoencoder"
    title = "Autoencoder"
    summary = (
        "Squeezes the image through a narrow code learned from normal images and scores the "
        "difference between image and restoration. Blind to defects that the code restores as "
        "well as normal texture, such as smooth dark or grey areas."
    )
    reference = (
        "Bergmann et al., Improving unsupervised defect segmentation by applying structural "
        "similarity to autoencoders, VISAPP 2019"
    )
    Params = RestorationParameters

    def _network(self, channels: int) -> "ConvolutionalAutoencoder":
        from methods.autoencoder.network import ConvolutionalAutoencoder

        return ConvolutionalAutoencoder(
            channels, self.params.width, self.params.depth, self.params.code
        )

    def _train(self, network: "ConvolutionalAutoencoder", crops: Crops, progress: Progress) -> None:
        from methods.autoencoder.residuals import squared_error
        from methods.autoencoder.training import standardise, train

        def objective(batch: "Tensor", generator: "torch.Generator") -> "Tensor":
            return squared_error(batch, network(batch)).mean()

        standardise(network, crops)
        train(network, objective, crops, self._schedule, self.seed, progress)

    def _restore_tile(self, tile: "Tensor") -> "Tensor":
        return self.network_(tile)

    def _score_tile(self, tile: "Tensor") -> "Tensor":
        from methods.autoencoder.residuals import squared_error

        return squared_error(tile, self.network_(tile))

    @property
    def _reach(self) -> int:
        return 4 * self._stride
