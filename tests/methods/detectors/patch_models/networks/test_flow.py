"""A flow integrates to one, is invertible, and its determinant is that of the Jacobian."""

import math

import numpy as np
import pytest
import torch

from methods.detectors.patch_models.networks.flow import (
    CLAMP,
    Flow,
    FlowSchedule,
    Points,
    train_flow,
)
from methods.progress import Cancelled, no_progress


def drawn(dimensions: int, condition: int = 0, seed: int = 0) -> Flow:
    """A flow with weights of all layers drawn at random, far from the identity."""
    generator = torch.Generator().manual_seed(seed)
    flow = Flow(dimensions, condition, 4, 16, generator)
    for values in flow.parameters():
        torch.nn.init.normal_(values, std=0.5, generator=generator)
    return flow


def points(count: int, dimensions: int, condition: int = 0, seed: int = 1) -> Points:
    generator = torch.Generator().manual_seed(seed)
    values, conditions = (
        torch.randn(count, length, generator=generator) for length in (dimensions, condition)
    )
    return Points(values, conditions)


def bent(count: int, seed: int) -> Points:
    """Points in the plane on a bent band, which no Gaussian describes."""
    generator = torch.Generator().manual_seed(seed)
    first, noise = torch.randn(2, count, generator=generator)
    values = torch.stack([first, (first.square() - 1) / 2 + 0.3 * noise], dim=1)
    return Points(values, torch.zeros(count, 0))


SCHEDULE = FlowSchedule(steps=300, batch=128, learning_rate=0.01)


def fitted(seed: int = 0) -> tuple[Flow, list[float]]:
    generator = torch.Generator().manual_seed(seed)
    flow = Flow(2, 0, 6, 16, generator)
    losses = train_flow(flow, bent(2000, 0), bent(500, 1), SCHEDULE, generator, no_progress)
    return flow, list(losses)


def test_the_density_of_a_fitted_flow_integrates_to_one() -> None:
    flow, losses = fitted()
    assert min(losses) < losses[0] - 0.2
    side = torch.linspace(-12, 12, 1201)
    grid = torch.cartesian_prod(side, side)
    density = flow.log_densities(grid, torch.zeros(len(grid), 0)).exp()
    assert float(density.sum()) * 0.02**2 == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize(("dimensions", "condition"), [(1, 2), (2, 0), (7, 3), (64, 12)])
def test_it_inverts(dimensions: int, condition: int) -> None:
    flow, given = drawn(dimensions, condition), points(200, dimensions, condition)
    with torch.no_grad():
        flow = flow.double()
        z, c = given.values.double(), given.condition.double()
        np.testing.assert_allclose(flow.inverse(flow(z, c)[0], c), z, atol=1e-4)
    flow, _ = fitted()
    with torch.no_grad():
        z, c = bent(200, 2).values, torch.zeros(200, 0)
        np.testing.assert_allclose(flow.inverse(flow(z, c)[0], c), z, atol=1e-4)


@pytest.mark.parametrize(("dimensions", "condition"), [(2, 0), (5, 3)])
def test_the_determinant_is_that_of_the_jacobian(dimensions: int, condition: int) -> None:
    flow = drawn(dimensions, condition).double()
    given = points(4, dimensions, condition)
    for z, c in zip(given.values.double(), given.condition.double(), strict=True):
        jacobian = torch.autograd.functional.jacobian(
            lambda at, c=c: flow(at[None], c[None])[0][0], z
        )
        expected = float(torch.linalg.slogdet(jacobian).logabsdet)
        assert float(flow(z[None], c[None])[1].detach()) == pytest.approx(expected, rel=1e-6)


def test_it_starts_as_the_standard_normal_density() -> None:
    flow = Flow(3, 0, 4, 8, torch.Generator().manual_seed(0))
    z = torch.tensor([[0.0, 0.0, 0.0], [1.0, 2.0, 2.0]])
    constant = 1.5 * math.log(2 * math.pi)
    found = flow.log_densities(z, torch.zeros(2, 0)).tolist()
    assert found == pytest.approx([-constant, -constant - 4.5], rel=1e-6)


def test_scales_are_clamped() -> None:
    flow = drawn(2)
    for values in flow.parameters():
        values.data *= 1000
    given = points(100, 2)
    with torch.no_grad():
        determinants = flow(given.values, given.condition)[1]
    assert float(determinants.abs().max()) <= 4 * CLAMP * (1 + 1e-5)


def test_the_weights_kept_are_the_best_on_held_out_points() -> None:
    """Where held-out points differ from all that is learned, every step makes it worse."""
    generator = torch.Generator().manual_seed(0)
    flow = Flow(2, 0, 2, 8, generator)
    far = Points(bent(500, 0).values + 5, torch.zeros(500, 0))
    losses = train_flow(flow, far, points(200, 2), SCHEDULE, generator, no_progress)
    assert min(losses) == losses[0]
    assert len(losses) == 7  # the first and six without a better one
    given = points(50, 2)
    constant = math.log(2 * math.pi)
    expected = -given.values.square().sum(dim=1) / 2 - constant
    found = flow.log_densities(given.values, given.condition)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_same_seed_gives_the_same_weights() -> None:
    first, again, other = (fitted(seed)[0].state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


def test_every_step_is_told_and_can_end_it() -> None:
    told: list[str] = []

    def third(fraction: float, note: str = "") -> None:
        told.append(note)
        if len(told) == 3:
            raise Cancelled

    generator = torch.Generator().manual_seed(0)
    flow = Flow(2, 0, 2, 8, generator)
    with pytest.raises(Cancelled):
        train_flow(flow, bent(500, 0), bent(100, 1), SCHEDULE, generator, third)
    assert [note.split(",")[0] for note in told] == [f"step {n} of 300" for n in (1, 2, 3)]
    assert all(", loss " in note for note in told)
