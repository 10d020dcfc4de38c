"""The denoising autoencoder."""

from methods.detectors.restoration.denoising import DenoisingAutoencoder
from methods.export.graph import Graph
from methods.export.heavy import denoiser
from methods.export.layers import numpy_of
from methods.export.registry import writes_detector
from methods.export.restoration import residuals
from methods.export.restoration.networks import feature_mask, restored
from methods.export.restoration.way import write_map


@writes_detector(DenoisingAutoencoder)
def write(g: Graph, detector: DenoisingAutoencoder, image: str) -> str:
    """What the score asks for: of the restoration, of its mask, or of both together."""
    network, params, planes = detector.network_, detector.params, detector.channels_
    deviation = numpy_of(network.autoencoder.deviation)

    def loss_of(batch: str, copy: str) -> str:
        return residuals.residual(
            g, planes, params.loss, params.structure_weight, deviation, (batch, copy)
        )

    def describe(batch: str) -> str:
        copy = restored(g, network.autoencoder, batch)
        if params.score == "restored":
            return loss_of(batch, copy)
        if params.score == "l2":
            return residuals.squared_error(g, batch, copy)
        mask = feature_mask(g, network, copy)
        if params.score == "mask":
            error = g("Div", g("Sub", batch, copy), deviation)
            return _mask_residual(g, error, g("Div", mask, deviation))
        smoothed = g("Add", copy, mask)
        if params.score == "smoothed":
            return loss_of(batch, smoothed)
        found = residuals.statistics(g, planes, batch, smoothed, deviation)
        return g("Concat", loss_of(batch, smoothed), found, axis=1)

    return write_map(g, detector, image, describe)


def _mask_residual(g: Graph, error: str, mask: str) -> str:
    """The logarithm of 1 + the ratio of energies in `mask_residual`."""
    squares = [residuals.mean(g, g("Mul", each, each)) for each in (g("Sub", error, mask), mask)]
    left, held = (g("Add", each, denoiser.FLOOR) for each in residuals.window_means(g, 1, *squares))
    return g("Log", g("Add", g("Div", left, held), 1.0))
