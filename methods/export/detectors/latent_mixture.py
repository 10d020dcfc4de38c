"""The Gaussian mixture of an autoencoder's codes."""

import numpy as np

from methods.detectors.restoration.latent_mixture import LatentMixture
from methods.export.graph import Graph
from methods.export.heavy import mixture_network
from methods.export.layers import numpy_of
from methods.export.registry import writes_detector
from methods.export.restoration import residuals
from methods.export.restoration.mixture import above, energies
from methods.export.restoration.networks import middle_codes, restored
from methods.export.restoration.way import write_map


@writes_detector(LatentMixture)
def write(g: Graph, detector: LatentMixture, image: str) -> str:
    """Cells with their loss, statistics and code; or the energy of the code alone."""
    network, params, planes = detector.network_, detector.params, detector.channels_
    deviation = numpy_of(network.autoencoder.deviation)
    _, _, cell = detector.tiling

    def describe(batch: str) -> str:
        codes = middle_codes(g, network.autoencoder, batch)
        if not detector.by_likelihood:
            return _energy(g, detector, batch, codes)
        pair = batch, restored(g, network.autoencoder, batch)
        loss = residuals.residual(g, planes, params.loss, params.structure_weight, deviation, pair)
        found = residuals.statistics(g, planes, *pair, deviation)
        pixels = g("Concat", loss, found, axis=1)
        cells = g("AveragePool", pixels, kernel_shape=[cell] * 2, strides=[cell] * 2)
        return g("Concat", cells, codes, axis=1)

    return write_map(g, detector, image, describe)


def _energy(g: Graph, detector: LatentMixture, batch: str, codes: str) -> str:
    network = detector.network_
    described = _joint(g, detector, batch, codes) if network.joint else codes
    count = network.means.shape[1]
    kept = (network.weights, network.means, network.covariances)
    weights, means, covariances = (numpy_of(each).astype(np.float64) for each in kept)
    energy = energies(g, weights, means, covariances, g("Reshape", described, [count, -1]))
    shape = g("Concat", g.constant([1, 1]), g("Shape", codes, start=2), axis=0)
    return g("Reshape", above(g, energy, float(network.lowest)), shape)


def _joint(g: Graph, detector: LatentMixture, batch: str, codes: str) -> str:
    """Codes beside relative distance and cosine similarity; see `MixtureNetwork.describe`."""
    network = detector.network_.autoencoder
    _, _, cell = detector.tiling
    image, copy = (
        g("Div", g("Sub", each, numpy_of(network.mean)), numpy_of(network.deviation))
        for each in (batch, restored(g, network, batch))
    )
    apart = g("Sub", image, copy)
    pairs = ((apart, apart), (image, image), (copy, copy), (image, copy))
    pooled = [
        g(
            "AveragePool",
            residuals.mean(g, g("Mul", *pair)),
            kernel_shape=[cell] * 2,
            strides=[cell] * 2,
        )
        for pair in pairs
    ]
    floor = mixture_network.FLOOR
    difference, power, copied = (g("Add", each, floor) for each in pooled[:3])
    distance = g("Sqrt", g("Div", difference, power))
    similarity = g("Div", pooled[3], g("Sqrt", g("Mul", power, copied)))
    return g("Concat", codes, distance, similarity, axis=1)
