"""The autoencoder."""

from methods.detectors.restoration.autoencoder import Autoencoder
from methods.export.graph import Graph
from methods.export.layers import numpy_of
from methods.export.registry import writes_detector
from methods.export.restoration import residuals
from methods.export.restoration.networks import restored
from methods.export.restoration.way import write_map


@writes_detector(Autoencoder)
def write(g: Graph, detector: Autoencoder, image: str) -> str:
    """The loss of the restoration and, for a likelihood, its statistics."""
    network, params, planes = detector.network_, detector.params, detector.channels_
    deviation = numpy_of(network.deviation)

    def describe(batch: str) -> str:
        pair = batch, restored(g, network, batch)
        if params.score == "l2":
            return residuals.squared_error(g, *pair)
        loss = residuals.residual(g, planes, params.loss, params.structure_weight, deviation, pair)
        if not detector.by_likelihood:
            return loss
        return g("Concat", loss, residuals.statistics(g, planes, *pair, deviation), axis=1)

    return write_map(g, detector, image, describe)
