"""The group-sparse solver against hand-worked cases, its conditions and a plain reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from methods.detectors.sparse_coding.coding.group_solver import encode_groups
from methods.detectors.sparse_coding.coding.solver import encode
from tests.methods.detectors.sparse_coding.coding.test_solver import (
    rounding,
    unit_of_violation,
    unit_rows,
)

TOLERANCE = 1e-3
Floats = NDArray[np.floating]


def parts(dictionaries: list[Floats], codes: Floats) -> list[Floats]:
    return np.split(codes, np.cumsum([len(each) for each in dictionaries])[:-1], axis=1)


def objective(patches, dictionaries, codes, penalty, group_penalty) -> Floats:
    errors = ((patches - codes @ np.concatenate(dictionaries)) ** 2).sum(axis=1)
    norms = sum(np.linalg.norm(each, axis=1) for each in parts(dictionaries, codes))
    return errors / 2 + penalty * np.abs(codes).sum(axis=1) + group_penalty * norms


def reference(patches, dictionaries, penalty, group_penalty, steps=4000) -> Floats:
    """FISTA in double precision; the proximal step is soft threshold, then group shrinkage."""
    patches = np.float64(patches)
    dictionary = np.concatenate(dictionaries).astype(np.float64)
    rate = 1 / np.linalg.norm(dictionary, 2) ** 2
    codes = ahead = np.zeros((len(patches), len(dictionary)))
    momentum = 1.0
    for _ in range(steps):
        moved = ahead + rate * (patches - ahead @ dictionary) @ dictionary.T
        moved = np.sign(moved) * np.maximum(np.abs(moved) - rate * penalty, 0)
        shrunk = []
        for part in parts(dictionaries, moved):
            norms = np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-300)
            shrunk.append(part * np.maximum(1 - rate * group_penalty / norms, 0))
        latest = np.concatenate(shrunk, axis=1)
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = latest + (momentum - 1) / following * (latest - codes)
        codes, momentum = latest, following
    return codes


def worst_violation(patches, dictionaries, codes, penalty, group_penalty) -> Floats:
    """The largest violation of the optimality conditions, in the units of the tolerance."""
    dictionary = np.concatenate(dictionaries).astype(np.float64)
    patches, codes = np.float64(patches), np.float64(codes)
    correlations = (patches - codes @ dictionary) @ dictionary.T
    worst = np.zeros(len(patches))
    pairs = zip(parts(dictionaries, codes), parts(dictionaries, correlations), strict=True)
    for weights, inner in pairs:
        norms = np.linalg.norm(weights, axis=1, keepdims=True)
        pull = penalty * np.sign(weights) + group_penalty * weights / np.maximum(norms, 1e-300)
        used = np.where(weights != 0, np.abs(inner - pull), np.abs(inner) - penalty).max(axis=1)
        excess = np.maximum(np.abs(inner) - penalty, 0)
        unused = np.linalg.norm(excess, axis=1) - group_penalty
        worst = np.maximum(worst, np.where(norms[:, 0] > 0, used, unused))
    return worst / unit_of_violation(patches, dictionary, penalty, group_penalty)


def test_orthogonal_atoms_are_thresholded_and_their_groups_shrunk():
    dictionaries = [np.eye(4, dtype=np.float32)[:2], np.eye(4, dtype=np.float32)[2:]]
    patch = np.float32([[3.5, -4.5, 1.3, 0.2]])
    codes = encode_groups(patch, dictionaries, 0.5, 1.0)
    # Soft threshold at 0.5: (3, -4 | 0.8, 0); norms 5 and 0.8; shrunk by 1 - 1 / 5, and to zero.
    np.testing.assert_allclose(codes.dense(4), [[2.4, -3.2, 0, 0]], atol=1e-4)
    assert codes.l1_norm[0] == pytest.approx(5.6, abs=1e-4)
    assert codes.group_norm[0] == pytest.approx(4.0, abs=1e-4)
    assert codes.squared_error[0] == pytest.approx(1.1**2 + 1.3**2 + 1.3**2 + 0.2**2, abs=1e-3)


def test_many_atoms_that_violate_equally():
    dictionaries = [np.eye(40, dtype=np.float32)[:20], np.eye(40, dtype=np.float32)[20:]]
    codes = encode_groups(np.ones((1, 40), np.float32), dictionaries, 0.5, 0.5)
    # Soft threshold 0.5 each, norm 0.5 sqrt(20) in a group, shrunk by 1 - 0.5 / (0.5 sqrt(20)).
    expected = 0.5 * (1 - 1 / np.sqrt(20))
    np.testing.assert_allclose(codes.dense(40), np.full((1, 40), expected), atol=1e-3)


def test_one_atom_pays_both_penalties():
    codes = encode_groups(np.float32([[3, 4]]), [np.float32([[0.6, 0.8]])], 1.0, 0.5)
    np.testing.assert_allclose(codes.dense(1), [[3.5]], atol=1e-5)


def test_a_group_that_only_several_atoms_lift_from_zero_together():
    # Every correlation is 1: no atom alone reaches 0.5 + 1.2, but together their excess has norm
    # 0.5 * sqrt(9) = 1.5 > 1.2, so each weight is 0.5 * (1 - 1.2 / 1.5) = 0.1.
    codes = encode_groups(np.ones((1, 9), np.float32), [np.eye(9, dtype=np.float32)], 0.5, 1.2)
    np.testing.assert_allclose(codes.dense(9), np.full((1, 9), 0.1), atol=1e-3)


@pytest.mark.parametrize(
    ("penalty", "group_penalty"), [(0.3, 0.3), (0.1, 0.6), (0.5, 0.05), (0.0, 0.8), (2.0, 2.0)]
)
def test_objective_equals_a_plain_reference(penalty, group_penalty):
    rng = np.random.default_rng(0)
    dictionaries = [unit_rows(rng.standard_normal((count, 30))) for count in (20, 40, 35)]
    patches = rng.standard_normal((20, 30)).astype(np.float32)
    ours = encode_groups(patches, dictionaries, penalty, group_penalty, tolerance=1e-4)
    best = reference(patches, dictionaries, penalty, group_penalty)
    dense = np.float64(ours.dense(95))
    found = objective(patches, dictionaries, dense, penalty, group_penalty)
    expected = objective(patches, dictionaries, best, penalty, group_penalty)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_without_group_penalty_it_is_the_l1_code():
    rng = np.random.default_rng(0)
    dictionaries = [unit_rows(rng.standard_normal((count, 25))) for count in (30, 20)]
    patches = rng.standard_normal((50, 25)).astype(np.float32)
    grouped = encode_groups(patches, dictionaries, 0.4, 0.0, tolerance=1e-5)
    plain = encode(patches, np.concatenate(dictionaries), 0.4, tolerance=1e-5)
    np.testing.assert_allclose(grouped.dense(50), plain.dense(50), atol=2e-4)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    pixels=st.integers(1, 30),
    sizes=st.lists(st.integers(1, 50), min_size=1, max_size=4),
    share=st.sampled_from([0, 0.03, 0.1, 0.3, 1]),
    group_share=st.sampled_from([0, 0.03, 0.1, 0.3, 0.9, 2]),
    duplicates=st.booleans(),
)
def test_optimality_conditions_hold(seed, pixels, sizes, share, group_share, duplicates):
    rng = np.random.default_rng(seed)
    dictionaries = [unit_rows(rng.standard_normal((size, pixels))) for size in sizes]
    if duplicates:
        dictionaries[-1][0] = dictionaries[0][-1]
        dictionaries[0][0] = -dictionaries[0][-1]
    patches = rng.standard_normal((6, pixels)).astype(np.float32)
    patches[2] = 0
    patches[3] = 1
    most = float(np.abs(patches @ np.concatenate(dictionaries).T).max())
    penalties = share * most, group_share * most
    codes = encode_groups(patches, dictionaries, *penalties, tolerance=TOLERANCE)
    dense = codes.dense(sum(sizes))
    unit = unit_of_violation(patches, np.concatenate(dictionaries), *penalties)
    found = worst_violation(patches, dictionaries, dense, *penalties)
    assert (found <= TOLERANCE + rounding(patches, codes, unit)).all()
    assert codes.violation.max() <= TOLERANCE
    norms = sum(np.linalg.norm(part, axis=1) for part in parts(dictionaries, dense))
    np.testing.assert_allclose(codes.group_norm, norms, rtol=1e-3, atol=1e-5)


def test_codes_do_not_depend_on_threads_or_batch():
    rng = np.random.default_rng(0)
    dictionaries = [unit_rows(rng.standard_normal((count, 25))) for count in (30, 20)]
    patches = rng.standard_normal((700, 25)).astype(np.float32)
    whole = encode_groups(patches, dictionaries, 0.3, 0.3)
    single = encode_groups(patches, dictionaries, 0.3, 0.3, threads=1)
    alone = encode_groups(patches[601:602], dictionaries, 0.3, 0.3)
    np.testing.assert_array_equal(whole.dense(50), single.dense(50))
    np.testing.assert_array_equal(whole.dense(50)[601:602], alone.dense(50))
    np.testing.assert_array_equal(whole.group_norm, single.group_norm)


def test_no_patches():
    codes = encode_groups(np.empty((0, 9), np.float32), [np.eye(9, dtype=np.float32)], 0.1, 0.1)
    assert len(codes) == 0
    assert codes.group_norm.shape == (0,)
