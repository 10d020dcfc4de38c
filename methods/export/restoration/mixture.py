"""Gaussian mixtures of torch as nodes of a graph, and the scores of restoration networks."""

import math

import numpy as np
from numpy.typing import NDArray

from methods.export.algebra import log_sum_exp, sums_of_squares
from methods.export.graph import Graph
from methods.export.heavy import normality

Doubles = NDArray[np.float64]


def energies(g: Graph, weights: Doubles, means: Doubles, covariances: Doubles, points: str) -> str:
    """Minus log likelihood (n,) of points (d, n); see `networks.mixture.Mixture`."""
    roots = np.linalg.cholesky(covariances)
    inverse = np.linalg.inv(roots)
    constants = (
        np.log(weights)
        - np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
        - means.shape[1] / 2 * math.log(2 * math.pi)
    )
    centres = np.einsum("kij,kj->ki", inverse, means).reshape(-1, 1)
    product = g("MatMul", inverse.reshape(-1, means.shape[1]).astype(np.float32), points)
    apart = g("Sub", product, centres.astype(np.float32))
    squares = g("Mul", sums_of_squares(g, apart, len(weights)), -0.5)
    logs = g("Add", squares, constants.astype(np.float32)[:, None])
    return g("Neg", log_sum_exp(g, logs, axis=0))


def above(g: Graph, energy: str, lowest: float) -> str:
    """Energies above that of the likeliest normal points, from zero upwards."""
    return g("Max", g("Sub", energy, lowest), 0.0)


def likelihood_scores(g: Graph, normal: "normality.NormalResiduals", cells: str) -> str:
    """The scores (n,) of losses and descriptions, (1 + d, n); see `NormalResiduals.score`."""
    state = {key: value.astype(np.float64) for key, value in normal.state().items()}
    losses, points = g.several("Split", 2, cells, [1, len(state["centre"])], axis=0)
    centred = g("Sub", points, state["centre"].astype(np.float32)[:, None])
    standard = g("Mul", centred, (1 / state["spread"]).astype(np.float32)[:, None])
    energy = energies(g, state["weights"], state["means"], state["covariances"], standard)
    tail = normality.TAIL * len(state["centre"])
    ratio = g("Div", above(g, energy, float(state["lowest"][0])), tail)
    unlikely = g("Mul", g("Log", g("Add", ratio, 1.0)), tail)
    weight = normality.LOSS_WEIGHT / float(state["unit"][0])
    return g("Add", unlikely, g("Mul", g("Squeeze", losses, [0]), weight))
