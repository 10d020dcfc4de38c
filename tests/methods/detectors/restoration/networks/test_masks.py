"""Masks are disjoint squares that cover every pixel exactly once."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.detectors.restoration.networks.masks import periodic_masks, random_masks


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([2, 4, 8, 16]), st.integers(2, 4))
def test_every_pixel_is_hidden_exactly_once(
    height: int, width: int, square: int, count: int
) -> None:
    generator = torch.Generator().manual_seed(0)
    for masks in (
        random_masks((height, width), square, count, generator),
        periodic_masks((height, width), square, count, 32, generator),
    ):
        assert masks.shape == (count, 1, height, width)
        assert (masks.sum(dim=0) == 1).all()


def test_masks_are_made_of_whole_squares_and_hide_equal_shares() -> None:
    masks = random_masks((32, 48), 8, 3, torch.Generator().manual_seed(0))
    squares = masks[:, 0].view(3, 4, 8, 6, 8).movedim(3, 2).flatten(3)
    assert (squares.all(dim=3) | ~squares.any(dim=3)).all()
    assert masks.sum(dim=(1, 2, 3)).tolist() == [512, 512, 512]


def test_periodic_masks_repeat() -> None:
    masks = periodic_masks((80, 96), 4, 3, 32, torch.Generator().manual_seed(0))
    assert torch.equal(masks[..., :48, :], masks[..., 32:, :])
    assert torch.equal(masks[..., :64], masks[..., 32:])


def test_another_draw_is_another_mask() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = (random_masks((32, 32), 4, 2, generator) for _ in range(2))
    assert not torch.equal(first, second)
