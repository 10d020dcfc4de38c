"""Losses and statistics of restored images as nodes of a graph.

Each is that of the same name in `networks.residuals` or `networks.normality`, on single images
(1, channels, h, w), for which `planes` says how many channels there are.
"""

import numpy as np
from numpy.typing import NDArray

from methods.export.graph import Graph
from methods.export.heavy import normality, residuals
from methods.export.resampling import enlarging

Floats = NDArray[np.float32]

ALIGNED = 16
"""Channels of which ONNX Runtime convolves a multiple at once."""


def mean(g: Graph, values: str) -> str:
    """The mean over the channels, (1, 1, h, w)."""
    return g("ReduceMean", values, axes=[1], keepdims=1)


def squared_error(g: Graph, image: str, restored: str) -> str:
    return mean(g, _square(g, g("Sub", image, restored)))


def window_means(g: Graph, planes: int, *groups: str) -> list[str]:
    """The means of groups of `planes` channels through the Gaussian window of SSIM.

    Beyond the border is zero, not the mirrored image: what a score depends on never reaches it.
    """
    count = planes * len(groups)
    whole = g("Concat", *groups, axis=1) if len(groups) > 1 else groups[0]
    missing = -count % ALIGNED
    if missing:
        whole = g("Pad", whole, [0, 0, 0, 0, 0, missing, 0, 0])
    window = np.exp(
        -0.5 * (np.arange(-residuals.RADIUS, residuals.RADIUS + 1) / residuals.SIGMA) ** 2
    )
    window = (window / window.sum()).astype(np.float32)
    for shape, pads in (((-1, 1), (1, 0)), ((1, -1), (0, 1))):
        kernel = np.tile(window.reshape(1, 1, *shape), (count + missing, 1, 1, 1))
        edges = [residuals.RADIUS * each for each in pads] * 2
        whole = g("Conv", whole, kernel, pads=edges, group=count + missing)
    sizes = [planes] * len(groups) + [missing] * bool(missing)
    if len(sizes) == 1:
        return [whole]
    return g.several("Split", len(sizes), whole, sizes, axis=1)[: len(groups)]


def structural_dissimilarity(g: Graph, planes: int, image: str, restored: str) -> str:
    m1, m2, s1, s2, product = window_means(
        g,
        planes,
        image,
        restored,
        _square(g, image),
        _square(g, restored),
        g("Mul", image, restored),
    )
    means = g("Mul", m1, m2)
    powers = g("Add", _square(g, m1), _square(g, m2))
    luminance = g("Div", _linear(g, means, 2.0, 0.01**2), g("Add", powers, 0.01**2))
    above = _linear(g, g("Sub", product, means), 2.0, 0.03**2)
    structure = g("Div", above, g("Add", g("Sub", g("Add", s1, s2), powers), 0.03**2))
    return g("Sub", 1.0, mean(g, g("Mul", luminance, structure)))


def multiscale_dissimilarity(g: Graph, planes: int, image: str, restored: str) -> str:
    total = structural_dissimilarity(g, planes, image, restored)
    sides = [g.length(image, axis) for axis in (2, 3)]
    for scale in range(1, residuals.SCALES):
        image, restored = (
            g("AveragePool", each, kernel_shape=[2, 2], strides=[2, 2])
            for each in (image, restored)
        )
        coarse = structural_dissimilarity(g, planes, image, restored)
        down, across = (
            enlarging(g, g.length(coarse, axis), 2**scale, side)
            for axis, side in zip((2, 3), sides, strict=True)
        )
        larger = g("MatMul", g("MatMul", down, coarse), g("Transpose", across, perm=[1, 0]))
        total = g("Add", total, larger)
    return g("Div", total, float(residuals.SCALES))


def gradient_dissimilarity(g: Graph, planes: int, image: str, restored: str) -> str:
    first, second = (_squared_gradient(g, planes, each) for each in (image, restored))
    above = _linear(g, g("Sqrt", g("Mul", first, second)), 2.0, 0.0026)
    return g("Sub", 1.0, mean(g, g("Div", above, g("Add", g("Add", first, second), 0.0026))))


def residual(
    g: Graph, planes: int, loss: str, weight: float, deviation: Floats, pair: tuple[str, str]
) -> str:
    """The map of that name, of an image and its restoration; see `networks.residuals.residual`."""
    if loss == "l2":
        return squared_error(g, *pair)
    if loss == "ssim":
        return structural_dissimilarity(g, planes, *pair)
    if loss == "ms-ssim":
        return multiscale_dissimilarity(g, planes, *pair)
    error = squared_error(g, *(g("Div", each, deviation) for each in pair))
    return g("Add", error, g("Mul", structural_dissimilarity(g, planes, *pair), weight))


def statistics(g: Graph, planes: int, image: str, restored: str, deviation: Floats) -> str:
    """What a mixture knows of a pixel, (1, 6, h, w); see `networks.normality`."""
    units = [g("Div", each, deviation) for each in (image, restored)]
    levels = [g("ReduceMean", each, axes=[2, 3], keepdims=1) for each in units]
    x, y = (g("Sub", *each) for each in zip(units, levels, strict=True))
    squares = [mean(g, each) for each in (_square(g, x), _square(g, y), g("Mul", x, y))]
    m_x, m_y = window_means(g, planes, x, y)
    square_x, square_y, cross = window_means(g, 1, *squares)
    mean_x, mean_y = (
        g("Add", mean(g, each), mean(g, level))
        for each, level in zip((m_x, m_y), levels, strict=True)
    )
    powers = [
        g("Add", g("Max", g("Sub", square, mean(g, _square(g, each))), 0.0), normality.FLOOR)
        for square, each in ((square_x, m_x), (square_y, m_y))
    ]
    covariance = g("Sub", cross, mean(g, g("Mul", m_x, m_y)))
    both = g("Sub", g("Add", *powers), 2 * normality.FLOOR)
    left = g("Add", g("Max", g("Sub", both, g("Mul", covariance, 2.0)), 0.0), normality.FLOOR)
    ratio = g("Div", g("Add", covariance, normality.FLOOR), g("Sqrt", g("Mul", *powers)))
    likeness = g("Atanh", g("Clip", ratio, -0.995, 0.995))
    logs = [g("Log", each) for each in (left, *powers)]
    return g("Concat", mean_x, g("Sub", mean_x, mean_y), *logs, likeness, axis=1)


def _square(g: Graph, values: str) -> str:
    return g("Mul", values, values)


def _linear(g: Graph, values: str, factor: float, summand: float) -> str:
    return g("Add", g("Mul", values, factor), summand)


def _squared_gradient(g: Graph, planes: int, images: str) -> str:
    """Squared magnitude of the Prewitt gradient, never quite zero."""
    across = np.outer([1, 1, 1], [-1, 0, 1]) / 3
    found = []
    for kernel in (across, across.T):
        weight = np.tile(kernel.astype(np.float32)[None, None], (planes, 1, 1, 1))
        gradient = g("Conv", images, weight, pads=[1, 1, 1, 1], group=planes)
        found.append(_square(g, gradient))
    return g("Add", g("Add", *found), residuals.TINY)
