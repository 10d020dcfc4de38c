"""Lengths of projected patches, against one multiplication in double precision."""

import numpy as np
import pytest

from methods.models import projected
from methods.models.projected import Projection


@pytest.mark.parametrize("triangular", [False, True])
def test_lengths(triangular: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In steps that do not fit, for patches in either order in memory."""
    monkeypatch.setattr(projected, "PATCHES", 30)
    monkeypatch.setattr(projected, "COLUMNS", 4)
    rng = np.random.default_rng(0)
    patches = rng.normal(size=(70, 11)).astype(np.float32)
    mean = rng.normal(size=11).astype(np.float32)
    matrix = rng.normal(size=(11, 11)).astype(np.float32)
    if triangular:
        matrix = np.triu(matrix)
        matrix[:, 8:] = 0
    expected = np.linalg.norm((patches - mean).astype(np.float64) @ matrix, axis=1)
    for given in (patches, np.asfortranarray(patches)):
        found = Projection(mean, matrix).lengths(given)
        np.testing.assert_allclose(found, expected, rtol=1e-5)
