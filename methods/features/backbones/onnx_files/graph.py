"""A graph in an ONNX file: what it takes, and its tensors as arrays."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Self

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, external_data_helper

from methods.detector import DetectorError
from methods.features.backbones.onnx_files.shapes import Size
from methods.features.backbones.runtime import session

TYPES: dict[int, Any] = {
    TensorProto.FLOAT: np.float32,
    TensorProto.FLOAT16: np.float16,
    TensorProto.DOUBLE: np.float64,
}

Run = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]
"""Standardised images (1, 3, h, w) -> tensors as they come."""


@dataclass(frozen=True)
class Graph:
    """A network that takes one RGB image at a time."""

    path: Path
    model: onnx.ModelProto
    digest: str
    """Of the file, and of the files beside it that hold its weights."""
    input: str
    channels_last: bool
    type: Any
    """Of the numbers that it takes."""
    size: Size | None
    """Of the images that it takes; None for any."""

    @classmethod
    def read(cls, file: str, size: Size | None) -> Self:
        """The network in a file. `size` overrides what the file says of the images it takes.

        Raises `DetectorError` with one sentence when it is no such network.
        """
        model, digest = _contents(file)
        return cls(Path(file), model, digest, *_input(file, model.graph, size))

    @property
    def outputs(self) -> tuple[str, ...]:
        """The tensors that the network gives out."""
        return tuple(output.name for output in self.model.graph.output)

    def inner(self) -> list[str]:
        """Tensors inside the network that are likely to describe patches: what its first and last
        residual blocks pass on."""
        uses = Counter(name for node in self.model.graph.node for name in node.input)
        added = {
            name for node in self.model.graph.node if node.op_type == "Add" for name in node.input
        }
        found = [
            name
            for node in self.model.graph.node
            for name in node.output
            if name in added and uses[name] > 1
        ]
        return found[:1] + found[1:][-1:]

    def runner(self, tensors: Sequence[str]) -> Run:
        """The network up to these tensors; raises `DetectorError` when there are no such ones."""
        known = {name for node in self.model.graph.node for name in node.output if name}
        for tensor in tensors:
            if tensor not in known:
                raise DetectorError(
                    f"{self.path} has no tensor {tensor!r}; there are for example "
                    f"{' and '.join(self.inner() or self.outputs)}."
                )
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        del model.graph.output[:]
        model.graph.output.extend(onnx.ValueInfoProto(name=tensor) for tensor in tensors)
        if self.size is not None:
            _set_size(model.graph, self.input, self.size, self.channels_last)
        try:
            network = session(model.SerializeToString(), self.path.parent)
        except Exception as error:  # the runtime has kinds of its own, and a file may hold anything
            raise DetectorError(f"{self.path} cannot be run: {_line(error)}.") from error

        def run(images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
            given = images.transpose(0, 2, 3, 1) if self.channels_last else images
            given = np.ascontiguousarray(given, dtype=self.type)
            try:
                return network.run(list(tensors), {self.input: given})
            except Exception as error:
                height, width = images.shape[2:]
                more = "" if self.size else "; if it takes one size only, add size=PIXELS"
                raise DetectorError(
                    f"{self.path} does not take an image of {width} x {height} pixels: "
                    f"{_line(error)}{more}."
                ) from error

        return run


def file_digest(file: str) -> str:
    """The digest of a file and of those beside it that hold its weights; nothing is run.

    Raises `DetectorError` with one sentence when it is no ONNX file.
    """
    return _contents(file)[1]


def _contents(file: str) -> tuple[onnx.ModelProto, str]:
    """What is in a file, and its digest."""
    path = Path(file)
    if not path.is_file():
        raise DetectorError(f"There is no file {file} with a network.")
    try:
        content = path.read_bytes()
        model = _parsed(file, content)
        digest = hashlib.blake2b(content, digest_size=16)
        for other in _other_files(model):
            if other.is_absolute() or ".." in other.parts:
                raise DetectorError(
                    f"{file} takes weights from {other}; expected a file beside it."
                )
            digest.update((path.parent / other).read_bytes())
    except OSError as error:
        raise DetectorError(f"{file} cannot be read: {error}.") from error
    return model, digest.hexdigest()


def _parsed(file: str, content: bytes) -> onnx.ModelProto:
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # the parser has kinds of its own
        raise DetectorError(f"{file} is not an ONNX file.") from error
    if not model.graph.node:
        raise DetectorError(f"{file} is not an ONNX file with a network.")
    return model


def _other_files(model: onnx.ModelProto) -> list[PurePath]:
    """The files beside a graph that hold its weights."""
    return sorted(
        {
            PurePath(external_data_helper.ExternalDataInfo(tensor).location)
            for tensor in model.graph.initializer
            if external_data_helper.uses_external_data(tensor)
        }
    )


def _input(
    file: str, graph: onnx.GraphProto, size: Size | None
) -> tuple[str, bool, Any, Size | None]:
    """The name of the only input, whether channels come last, its type, and its size."""
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    if len(inputs) != 1:
        raise DetectorError(f"{file} takes {len(inputs)} inputs; expected one, an image.")
    tensor = inputs[0].type.tensor_type
    shape = [dim.dim_value or None for dim in tensor.shape.dim]
    channels_last = len(shape) == 4 and shape[3] == 3 and shape[1] != 3
    right = len(shape) == 4 and shape[0] in (1, None) and (channels_last or shape[1] == 3)
    if not right or tensor.elem_type not in TYPES:
        kind = TensorProto.DataType.Name(tensor.elem_type).lower()
        sides = " x ".join(str(side or "any") for side in shape)
        raise DetectorError(
            f"{file} takes {kind} numbers, {sides or 'of unknown shape'}; expected one RGB image "
            "of float numbers, 1 x 3 x H x W or 1 x H x W x 3."
        )
    height, width = shape[1:3] if channels_last else shape[2:4]
    if size is None and (height or width):
        size = (height or width or 0, width or height or 0)
    return inputs[0].name, channels_last, TYPES[tensor.elem_type], size


def _set_size(graph: onnx.GraphProto, name: str, size: Size, channels_last: bool) -> None:
    (value,) = (value for value in graph.input if value.name == name)
    first = 1 if channels_last else 2
    for axis, side in enumerate(size, start=first):
        value.type.tensor_type.shape.dim[axis].dim_value = side


def _line(error: Exception) -> str:
    """What went wrong, in one line."""
    return (" ".join(str(error).split()) or type(error).__name__)[:300].rstrip(".")
