"""Layers of a torch network as nodes of a graph; batch normalisation is part of the convolution."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from methods.export.graph import Graph

if TYPE_CHECKING:
    import torch

Floats = NDArray[np.float32]


def numpy_of(values: "torch.Tensor") -> Floats:
    """Weights as an array."""
    return values.detach().cpu().numpy()


def activated(g: Graph, x: str, block: Any) -> str:
    """A convolution, its batch normalisation in evaluation and its leaky ReLU, in that order."""
    layer, normalisation, activation = block
    gain = numpy_of(normalisation.weight).astype(np.float64)
    gain /= np.sqrt(numpy_of(normalisation.running_var).astype(np.float64) + normalisation.eps)
    shift = numpy_of(normalisation.bias) - numpy_of(normalisation.running_mean) * gain
    weight = numpy_of(layer.weight).astype(np.float64)
    outputs = [1, -1, 1, 1] if layer.transposed else [-1, 1, 1, 1]
    folded = (weight * gain.reshape(outputs)).astype(np.float32)
    y = convolution(g, x, layer, folded, shift.astype(np.float32))
    return g("LeakyRelu", y, alpha=activation.negative_slope)


def convolution(
    g: Graph, x: str, layer: Any, weight: Floats | None = None, bias: Floats | None = None
) -> str:
    """A convolution, transposed or not, with its own weights or others."""
    weight = numpy_of(layer.weight) if weight is None else weight
    bias = numpy_of(layer.bias) if bias is None else bias
    options: dict[str, Any] = {"strides": list(layer.stride), "pads": [*layer.padding] * 2}
    if layer.transposed:
        options["output_padding"] = list(layer.output_padding)
    operator = "ConvTranspose" if layer.transposed else "Conv"
    return g(operator, x, weight, bias, **options)
