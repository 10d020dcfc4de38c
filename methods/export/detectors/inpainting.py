"""Inpainting of hidden squares."""

from methods.detectors.restoration.inpainting import PERIOD, Inpainting
from methods.export.graph import Graph
from methods.export.heavy import masks, torch
from methods.export.layers import numpy_of
from methods.export.registry import writes_detector
from methods.export.restoration import residuals
from methods.export.restoration.networks import restored
from methods.export.restoration.way import write_map


@writes_detector(Inpainting)
def write(g: Graph, detector: Inpainting, image: str) -> str:
    """The mean loss over the sizes of squares and, for a likelihood, the mean's statistics."""
    params, planes = detector.params, detector.channels_
    deviation = numpy_of(detector.network_.deviation)

    def loss_of(batch: str, copy: str) -> str:
        if params.score == "l2":
            return residuals.squared_error(g, batch, copy)
        standard = (g("Div", each, deviation) for each in (batch, copy))
        weighted = (
            (residuals.squared_error(g, *standard), params.error_weight),
            (
                residuals.structural_dissimilarity(g, planes, batch, copy),
                params.structure_weight,
            ),
            (residuals.gradient_dissimilarity(g, planes, batch, copy), params.gradient_weight),
        )
        return g("Sum", *(g("Mul", loss, weight) for loss, weight in weighted))

    def describe(batch: str) -> str:
        copies = _inpainted(g, detector, batch)
        loss = g("Mean", *(loss_of(batch, copy) for copy in copies))
        if not detector.by_likelihood:
            return loss
        found = residuals.statistics(g, planes, batch, g("Mean", *copies), deviation)
        return g("Concat", loss, found, axis=1)

    return write_map(g, detector, image, describe)


def _inpainted(g: Graph, detector: Inpainting, batch: str) -> list[str]:
    """The image restored with squares of each size hidden; the masks are those of `fit`'s seed."""
    network, count = detector.network_, detector.params.masks
    generator = torch.Generator().manual_seed(detector.seed)
    ones = g.constant([1, 1])
    repeats = g("Concat", ones, g("Div", g("Shape", batch, start=2), PERIOD), axis=0)
    copies = []
    for side in detector.params.sides():
        drawn = masks.periodic_masks((PERIOD, PERIOD), side, count, PERIOD, generator)
        hidden = g("Tile", drawn.numpy(), repeats)
        seen = g("Where", hidden, numpy_of(network.mean), batch)
        filled = g("Where", hidden, restored(g, network, seen), 0.0)
        copies.append(g("ReduceSum", filled, [0], keepdims=1))
    return copies
