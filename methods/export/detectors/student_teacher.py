"""Students and their teacher."""

from typing import TYPE_CHECKING

import numpy as np

from methods.detectors.distillation.cells import CELL, MARGIN
from methods.detectors.distillation.scores import LEAST, NormalScores
from methods.detectors.distillation.student_teacher import StudentTeacher
from methods.detectors.distillation.triplet_teacher import TripletTeacher
from methods.export.cells import zones_with_corners
from methods.export.graph import Graph
from methods.export.layers import activated, convolution, numpy_of
from methods.export.network_features import NetworkCells
from methods.export.pixels import brightness
from methods.export.registry import writes_detector
from methods.features.network import MARGIN as MIRRORED

if TYPE_CHECKING:
    from methods.detectors.distillation.heavy import parts

MIDDLE = CELL // 2 - 1
"""The pixel of a cell at which receptive fields are centred, as in `CellNetwork`."""


@writes_detector(StudentTeacher)
def write(g: Graph, detector: StudentTeacher, image: str) -> str:
    """The mean over the receptive fields of errors, and uncertainties, in units of normal ones."""
    if detector.channels_ == 1:
        grey = brightness(g, g("Transpose", image, perm=[2, 0, 1]))
        image = g("Transpose", g("Concat", grey, grey, grey, axis=0), perm=[1, 2, 0])
    network = NetworkCells(g, detector.sight_, image)
    prepared = network.prepared()
    seen = _seen(g, detector, network, prepared)
    teacher = detector.teacher_
    if isinstance(teacher, TripletTeacher):
        described = [
            g("Flatten", g("Squeeze", each, [0]), axis=1)
            for each in cell_network(g, teacher.network_, seen)
        ]
        features = g("Concat", *described, axis=0)
    else:
        features = network.cells(prepared).patches
    centred = g("Sub", features, detector.mean_[:, None])
    standard = g("Div", centred, detector.deviation_[:, None])
    rows, columns = (side.cells for side in network.sides)
    border = detector.sight_.border
    zones = g("Reshape", zones_with_corners(g, rows, columns, border), [-1])
    students = [cell_network(g, student, seen) for student in detector.students_]
    scores = [
        _field_scores(
            g,
            normal,
            standard,
            [student[field] for student in students],
            zones,
            detector.params.adds_uncertainty,
        )
        for field, normal in enumerate(detector.normal_)
    ]
    return network.to_pixels(g("Mean", *scores), detector.params.smoothing)


def _seen(g: Graph, detector: StudentTeacher, network: NetworkCells, prepared: str) -> str:
    """The pixels of all cells with their surroundings; see `NetworkFeatures.seen`."""
    first = MIRRORED - MARGIN + round(detector.sight_.stages[0].centre - (CELL - 1) / 2)
    start = g.constant([0, first, first])
    lengths = [g("Add", g("Mul", side.cells, CELL), first + 2 * MARGIN) for side in network.sides]
    end = g.vector(g.constant(detector.channels_), *lengths)
    return g("Slice", prepared, start, end, [1, 2, 3])


def cell_network(g: Graph, network: "parts.CellNetwork", seen: str) -> list[str]:
    """The outputs (1, d, rows, columns) of all receptive fields; see `CellNetwork.forward`."""
    deepest = len(network.further)
    start = MARGIN + MIDDLE - CELL * (1 + deepest)
    more = 2 * CELL * deepest + CELL + 1 - 2 * MARGIN + start
    ends = [g("Add", g.length(seen, axis), more) for axis in (2, 3)]
    cut = g("Slice", seen, g.constant([start, start]), g.vector(*ends), [2, 3])
    standard = g("Div", g("Sub", cut, numpy_of(network.mean)), numpy_of(network.deviation))
    for block in network.first.children():
        standard = activated(g, standard, block)
    levels = [standard]
    for block in network.further:
        levels.append(activated(g, levels[-1], block))
    outputs = []
    for depth, head in zip(network.depths, network.out, strict=True):
        rest = deepest - depth
        inner = levels[depth]
        if rest:
            inner = g("Slice", inner, g.constant([rest] * 2), g.constant([-rest] * 2), [2, 3])
        outputs.append(convolution(g, inner, head))
    return outputs


def _field_scores(
    g: Graph,
    normal: NormalScores,
    features: str,
    outputs: list[str],
    zones: str,
    adds_uncertainty: bool,
) -> str:
    """The scores (n,) of one receptive field; see `NormalScores.standardised`."""
    vectors = [g("Flatten", g("Squeeze", each, [0]), axis=1) for each in outputs]
    mean = g("Mean", *vectors)
    missed = g("Sub", mean, features)
    if normal.metric is not None:
        missed = g("MatMul", np.ascontiguousarray(normal.metric.T), missed)
    found = [g("ReduceSumSquare", missed, axes=[0], keepdims=0)]
    if adds_uncertainty:
        squares = [
            g("ReduceSumSquare", g("Sub", each, mean), axes=[0], keepdims=0) for each in vectors
        ]
        found.append(g("Mean", *squares))
    standard = []
    for values, usual, (middle, deviation) in zip(
        found, normal.usual, normal.moments.reshape(2, 2), strict=False
    ):
        evened = g("Div", values, g("Gather", usual, zones))
        standard.append(g("Div", g("Sub", evened, float(middle)), float(max(deviation, LEAST))))
    return g("Add", *standard) if len(standard) > 1 else standard[0]
