"""Any network in an ONNX file as a backbone; see `names` for what its name can say."""

import numpy as np
from numpy.typing import NDArray

from methods.detector import DetectorError
from methods.features.backbones.backbone import Backbone, Network, Stage, Window
from methods.features.backbones.centres import CHANGES, FEW_CHANGES, measured_offsets
from methods.features.backbones.onnx_files.graph import Graph
from methods.features.backbones.onnx_files.names import OnnxName, parse
from methods.features.backbones.onnx_files.shapes import Reading, Size, UnclearError, read

TRIED: tuple[Size, ...] = ((448, 448), (448, 672))
"""Sizes of images that a network is tried with where its file leaves them open: multiples of all
usual strides, of which one is not square, so that rows and columns can be told apart."""


def describe(name: str) -> Backbone:
    """The backbone in a file, with what its name and the shapes of its outputs say.

    The network is run once or twice, which shows what its outputs are, and then, up to 65 times,
    where its cells look. Raises `DetectorError` with one sentence where something does not
    fit.
    """
    about = parse(name)
    graph = Graph.read(about.file, about.size)
    readings = _readings(graph, about)
    strides = [reading.stride for reading in readings.values()]
    window = Window(*graph.size, fixed=True) if graph.size else Window.of_any_size(strides)
    tokens = all(reading.prefix is not None for reading in readings.values())
    offsets = measured_offsets(
        _network(graph, readings),
        strides,
        window.measured(strides),
        FEW_CHANGES if tokens else CHANGES,
    )
    for (tensor, reading), offset in zip(readings.items(), offsets, strict=True):
        _check_in_place(graph, tensor, reading, offset)

    def build(stages: tuple[int, ...]) -> Network:
        again = Graph.read(about.file, about.size)
        if again.digest != graph.digest:
            raise DetectorError(f"{about.file} has changed since it was first read; start again.")
        every = list(readings.items())
        return _network(again, dict(every[number - 1] for number in stages))

    return Backbone(
        name=name,
        title=f"The network {graph.path.name}",
        licence="see where the file is from",
        input_size=window.height,
        mean=_of_255(about.mean),
        std=_of_255(about.std),
        stages=tuple(
            Stage(number, reading.channels, reading.stride, _centre(reading, offset))
            for number, (reading, offset) in enumerate(
                zip(readings.values(), offsets, strict=True), start=1
            )
        ),
        packages=("onnx", "onnxruntime"),
        build=build,
        window=window,
        padded=not tokens,
        digest=graph.digest,
    )


def _readings(graph: Graph, about: OnnxName) -> dict[str, Reading]:
    """How the stages are read, by the names of their tensors, in the order of the stages."""
    tensors = about.outputs or graph.outputs
    sizes = [graph.size] if graph.size else list(TRIED)
    run = graph.runner(tensors)
    found = [run(np.zeros((1, 3, *size), dtype=np.float32)) for size in sizes]
    readings = {}
    for tensor, *arrays in zip(tensors, *found, strict=True):
        shapes = [array.shape for array in arrays]
        try:
            reading = read(shapes, sizes, about.prefix)
        except UnclearError as error:
            raise DetectorError(
                f"{tensor} of {about.file}, {_by(shapes[0])} for an image of {_by(sizes[0][::-1])} "
                f"pixels, {error}."
            ) from None
        if reading is not None:
            readings[tensor] = reading
        elif about.outputs:
            raise DetectorError(
                f"{tensor} of {about.file} is {_by(shapes[0])} for an image of "
                f"{_by(sizes[0][::-1])} pixels; expected a feature map (1, C, h, w) or tokens "
                f"(1, T, C) of square cells that fill the image."
            )
    if not readings:
        raise DetectorError(
            f"No output of {about.file} is a feature map (1, C, h, w) or tokens (1, T, C) of "
            "square cells that fill the image; name other tensors of it as outputs="
            f"{';'.join(graph.inner()) or 'NAME'}."
        )
    return readings


def _network(graph: Graph, readings: dict[str, Reading]) -> Network:
    run = graph.runner(tuple(readings))

    def network(images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        height, width = images.shape[2:]
        maps = [
            reading.as_map(values, (height, width))
            for reading, values in zip(readings.values(), run(images), strict=True)
        ]
        if not all(np.isfinite(each).all() for each in maps):
            raise DetectorError(f"{graph.path} gives numbers that are not finite.")
        return maps

    return network


def _centre(reading: Reading, offset: NDArray[np.float64]) -> float:
    """Where the first cell looks: as measured, but a token is made from a square of its own."""
    return float(offset.mean()) if reading.prefix is None else (reading.stride - 1) / 2


def _check_in_place(
    graph: Graph, tensor: str, reading: Reading, offset: NDArray[np.float64]
) -> None:
    """Raise `DetectorError` where cells look elsewhere than the rows and columns that they are read
    as, such as tokens whose others come last."""
    away = np.abs(offset - (reading.stride - 1) / 2)
    cell = max(reading.stride, 8)
    if not (away <= cell).all() or abs(offset[0] - offset[1]) > 0.75 * cell:
        raise DetectorError(
            f"The first cell of {tensor} of {graph.path} looks at row {offset[0]:.0f} and column "
            f"{offset[1]:.0f}; expected cells of {reading.stride} pixels, row by row, after all "
            "other tokens."
        )


def _by(sizes: tuple[int, ...]) -> str:
    return " x ".join(map(str, sizes))


def _of_255(values: tuple[float, float, float]) -> tuple[float, float, float]:
    red, green, blue = values
    return 255 * red, 255 * green, 255 * blue
