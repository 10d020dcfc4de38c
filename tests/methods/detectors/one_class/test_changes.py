"""Transformations: their names and number, and which are told apart."""

import numpy as np
import pytest

from methods.detectors.one_class.changes import Change, accuracy, all_changes, among, told_apart


def test_combinations_begin_with_the_unchanged_patch() -> None:
    changes = all_changes(True, True, 8)
    assert len(changes) == len(set(changes)) == 72
    assert str(changes[0]) == "unchanged"
    assert [str(change) for change in all_changes(True, False, 0)] == [
        "unchanged",
        "turned by 90 degrees",
        "turned by 180 degrees",
        "turned by 270 degrees",
    ]
    four = all_changes(False, True, 4)
    assert len(four) == 10
    assert sorted(str(change) for change in four if not change.mirrored) == [
        "shifted down",
        "shifted left",
        "shifted right",
        "shifted up",
        "unchanged",
    ]
    assert str(Change(1, True, -1, 1)) == "turned by 90 degrees, mirrored, shifted up right"


def judged(confused: list[list[int]], count: int = 200) -> np.ndarray:
    """Log probabilities (n, 4, 4) of a classifier that only knows groups of transformations."""
    group = {one: members for members in confused for one in members}
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 0.1, (count, 4, 4))
    for one in range(4):
        logits[:, one, group[one]] += 5
    return (logits - np.log(np.exp(logits).sum(axis=2, keepdims=True))).astype(np.float32)


def test_what_is_confused_is_left_out_with_what_it_is_taken_for() -> None:
    assert told_apart(judged([[0], [1], [2], [3]])) == ([0, 1, 2, 3], {})
    assert told_apart(judged([[0, 2], [1, 3]])) == ([0, 1], {2: 0, 3: 1})
    assert told_apart(judged([[0, 1, 2, 3]])) == ([0], {1: 0, 2: 0, 3: 0})


def test_a_few_patches_must_be_recognised_beyond_chance() -> None:
    """Of 8 patches under two transformations 12 of 16 are recognised: 0.75, and chance to 0.75."""
    logarithms = np.zeros((8, 2, 2), np.float32)
    logarithms[:, [0, 1], [0, 1]] = 1
    logarithms[:4, 0, 0] = -1
    assert accuracy(logarithms, 0, 1) == 0.75
    assert told_apart(logarithms) == ([0], {1: 0})
    assert told_apart(logarithms.repeat(10, axis=0)) == ([0, 1], {})


def test_probabilities_among_those_kept_add_up_to_one() -> None:
    """Probabilities 0.2, 0.3 and 0.5, of which the first and the last are kept: 2/7 and 5/7."""
    logarithms = np.log(np.tile([0.2, 0.3, 0.5], (1, 3, 1))).astype(np.float32)
    assert np.exp(among(logarithms, [0, 2])) == pytest.approx(
        np.tile([2 / 7, 5 / 7], (1, 2, 1)), rel=1e-5
    )
