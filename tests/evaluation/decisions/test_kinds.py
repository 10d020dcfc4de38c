"""Flags by kind of defect."""

import numpy as np
import pytest

from evaluation.decisions.kinds import flagged_by_kind


def test_flags_are_counted_by_kind_with_exact_intervals() -> None:
    """2 of 2 scratches: the lower end is 0.025 ** (1 / 2), the upper 1. One of 1 good image is
    spared: the upper end is 1 - 0.025."""
    flags = np.array([True, False, True, True, False])
    kinds = ["scratch", "good", "scratch", None, "dent"]
    dent, good, scratch = flagged_by_kind(flags, kinds)
    assert (scratch.kind, scratch.flagged, scratch.images) == ("scratch", 2, 2)
    assert scratch.low == pytest.approx(0.025**0.5)
    assert scratch.high == 1
    assert (good.flagged, good.images, good.low) == (0, 1, 0)
    assert good.high == pytest.approx(0.975)
    assert (dent.kind, dent.flagged) == ("dent", 0)
