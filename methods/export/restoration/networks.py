"""The networks of the family as nodes of a graph."""

from typing import TYPE_CHECKING

from methods.export.graph import Graph
from methods.export.heavy import torch
from methods.export.layers import activated, convolution, numpy_of

if TYPE_CHECKING:
    from methods.detectors.restoration.heavy import parts


def encoded(g: Graph, network: "parts.ConvolutionalAutoencoder", images: str) -> list[str]:
    """The activations of all layers of the encoder, then the code."""
    centred = g("Sub", images, numpy_of(network.mean))
    levels = [g("Div", centred, numpy_of(network.deviation))]
    for layer in network.down:
        levels.append(activated(g, levels[-1], layer))
    return [*levels[1:], convolution(g, levels[-1], network.to_code)]


def restored(g: Graph, network: "parts.ConvolutionalAutoencoder", images: str) -> str:
    """What the autoencoder makes of images."""
    *levels, code = encoded(g, network, images)
    found = activated(g, code, network.from_code)
    for layer, level in zip([*network.up, network.out], levels[::-1], strict=True):
        if network.skips:
            found = g("Concat", found, level, axis=1)
        write = convolution if layer is network.out else activated
        found = write(g, found, layer)
    return g("Add", g("Mul", found, numpy_of(network.deviation)), numpy_of(network.mean))


def middle_codes(g: Graph, network: "parts.ConvolutionalAutoencoder", images: str) -> str:
    """Codes that look at the middles of their cells; see `encode_middles`."""
    half = network.stride // 2
    for axis in (2, 3):
        start, end = (
            g("Slice", images, g.constant([first]), g.constant([stop]), g.constant([axis]))
            for first, stop in ((0, half), (half, 2**31 - 1))
        )
        images = g("Concat", end, start, axis=axis)
    return encoded(g, network, images)[-1]


def feature_mask(g: Graph, network: "parts.RestoringPair", images: str) -> str:
    """The mask by which the second network smooths what the first restored."""
    first, second = network.autoencoder, network.denoiser
    deviation = numpy_of(first.deviation)
    features = g("Div", g("Sub", images, numpy_of(first.mean)), deviation)
    mask = ""
    for layer in second.layers:
        assert isinstance(layer, torch.nn.Conv2d)
        found = convolution(g, features, layer)
        filters = layer.out_channels - second.channels
        onward, added = g.several("Split", 2, found, [filters, second.channels], axis=1)
        mask = g("Add", mask, added) if mask else added
        features = g("Relu", onward)
    return g("Mul", mask, deviation)
