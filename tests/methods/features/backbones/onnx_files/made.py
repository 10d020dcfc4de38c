"""Small networks in ONNX files, whose activations are known: means over squares of pixels."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

PATCH = 14
PREFIX = 2


def nodes_of_means(patch: int = PATCH) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """``pixels`` (1, 3, h, w) -> ``means`` (1, 3, h / patch, w / patch), and its weights."""
    weights = np.zeros((3, 3, patch, patch), dtype=np.float32)
    for colour in range(3):
        weights[colour, colour] = 1 / patch**2
    return (
        [
            helper.make_node(
                "Conv",
                ["pixels", "weights"],
                ["means"],
                strides=[patch] * 2,
                kernel_shape=[patch] * 2,
            )
        ],
        [numpy_helper.from_array(weights, "weights")],
    )


def write(
    path: Path,
    nodes: list[onnx.NodeProto],
    weights: list[onnx.TensorProto],
    outputs: tuple[str, ...],
    given: tuple[int | None, ...],
    *,
    kind: int = TensorProto.FLOAT,
    more_inputs: tuple[str, ...] = (),
) -> str:
    """The name of a network in a new file that takes ``pixels`` of the shape `given`."""
    inputs = [
        helper.make_tensor_value_info(name, kind, list(given)) for name in ("pixels", *more_inputs)
    ]
    graph = helper.make_graph(
        nodes, "made", inputs, [onnx.ValueInfoProto(name=name) for name in outputs], weights
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return f"onnx:{path}"


def of_maps(path: Path, side: int | None = None) -> str:
    """A network that gives the means as a feature map."""
    return write(path, *nodes_of_means(), ("means",), (None, 3, side, side))


def of_tokens(
    path: Path,
    side: int | None = None,
    *,
    prefix: int = PREFIX,
    last: bool = False,
    scale: float = 1.0,
) -> str:
    """A network that gives the means as tokens, with others before or behind them."""
    nodes, weights = nodes_of_means()
    others = np.full((1, prefix, 3), 7, dtype=np.float32)
    weights += [
        numpy_helper.from_array(np.array([1, 3, -1]), "flat"),
        numpy_helper.from_array(np.array(scale, dtype=np.float32), "scale"),
        numpy_helper.from_array(others, "others"),
    ]
    nodes += [
        helper.make_node("Mul", ["means", "scale"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "flat"], ["channels"]),
        helper.make_node("Transpose", ["channels"], ["cells"], perm=[0, 2, 1]),
        helper.make_node(
            "Concat", ["cells", "others"] if last else ["others", "cells"], ["tokens"], axis=1
        ),
    ]
    return write(path, nodes, weights, ("tokens",), (1, 3, side, side))


def squares(images: np.ndarray, patch: int = PATCH) -> np.ndarray:
    """The means that these networks give."""
    _, _, height, width = images.shape
    cut = images.reshape(1, 3, height // patch, patch, width // patch, patch)
    return cut.mean(axis=(3, 5))
