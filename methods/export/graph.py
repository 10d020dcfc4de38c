"""A small writer of ONNX graphs: nodes, constants and subgraphs, named as they come."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from methods.lazy import lazily

if TYPE_CHECKING:
    import onnx as onnx
    from onnx import helper as helper
    from onnx import numpy_helper as numpy_helper
else:
    onnx = lazily("onnx")
    helper = lazily("onnx.helper")
    numpy_helper = lazily("onnx.numpy_helper")

OPSET = 17
IR_VERSION = 9
SMALL = 64
"""Numbers up to which equal constants are kept once."""

Operand = str | float | Sequence[int] | NDArray[Any]
"""A value of the graph by its name, or a constant: whole numbers as int64, others as float32."""

Shape = Sequence[str | int | None]


class Graph:
    """Collects nodes and constants; calling it adds a node and gives the name of its output.

    ``g("Add", x, 1.0)`` is the sum of the value x and a constant.
    """

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._small: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._count = 0
        self.nbytes = 0
        """Of all constants."""

    def __call__(self, operator: str, *inputs: Operand, **attributes: Any) -> str:
        return self.several(operator, 1, *inputs, **attributes)[0]

    def several(
        self, operator: str, outputs: int, *inputs: Operand, **attributes: Any
    ) -> list[str]:
        """Add a node with several outputs; gives their names."""
        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        made = [self._name(operator) for _ in range(outputs)]
        self._nodes.append(helper.make_node(operator, names, made, **attributes))
        return made

    def constant(self, value: float | Sequence[int] | NDArray[Any]) -> str:
        """The name of a constant."""
        array = np.asarray(value)
        if not isinstance(value, np.ndarray | np.generic):
            array = array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
        key = (array.dtype.str, array.shape, array.tobytes() if array.size <= SMALL else b"")
        if array.size <= SMALL and key in self._small:
            return self._small[key]
        self.nbytes += array.nbytes
        name = self._name("constant")
        self._constants.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        if array.size <= SMALL:
            self._small[key] = name
        return name

    def cast(self, value: str, kind: type[np.generic]) -> str:
        """A value as numbers of another type."""
        return self("Cast", value, to=helper.np_dtype_to_tensor_dtype(np.dtype(kind)))

    def length(self, value: str, axis: int) -> str:
        """How long a value is along an axis, as a single int64."""
        end = {} if axis == -1 else {"end": axis + 1}
        return self("Squeeze", self("Shape", value, start=axis, **end))

    def vector(self, *numbers: Operand) -> str:
        """Single int64 numbers side by side, (n,)."""
        parts = [self("Reshape", each, [1]) for each in numbers]
        return self("Concat", *parts, axis=0)

    def branch(self, write: Callable[[], str], kind: type[np.generic] = np.float32) -> Any:
        """A subgraph without inputs, for `If`: what `write` adds, and the value it gives."""
        return self._subgraph((), write, kind)

    def body(
        self, shape: Shape, write: Callable[[str], str], kind: type[np.generic] = np.float32
    ) -> Any:
        """A subgraph with one input of a shape, for `Scan`."""
        given = self._name("part")
        return self._subgraph([(given, shape)], lambda: write(given), kind)

    def model(
        self, inputs: Sequence[tuple[str, Shape]], outputs: Sequence[tuple[str, str, Shape]]
    ) -> "onnx.ModelProto":
        """The whole as a model; outputs are given by their values, their names and shapes."""
        for value, name, _ in outputs:
            self._nodes.append(helper.make_node("Identity", [value], [name]))
        made = helper.make_graph(
            self._nodes,
            "anomaly-compare",
            [_info(name, shape) for name, shape in inputs],
            [_info(name, shape) for _, name, shape in outputs],
            self._constants,
        )
        return helper.make_model(
            made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )

    def _subgraph(
        self,
        inputs: Sequence[tuple[str, Shape]],
        write: Callable[[], str],
        kind: type[np.generic],
    ) -> "onnx.GraphProto":
        outer, self._nodes = self._nodes, []
        try:
            result = self("Identity", write())
            own = self._nodes
        finally:
            self._nodes = outer
        number = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
        found = helper.make_tensor_value_info(result, number, None)
        return helper.make_graph(
            own, self._name("body"), [_info(name, shape) for name, shape in inputs], [found]
        )

    def _name(self, stem: str) -> str:
        self._count += 1
        return f"{stem}_{self._count}"


def _info(name: str, shape: Shape) -> "onnx.ValueInfoProto":
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, list(shape))
