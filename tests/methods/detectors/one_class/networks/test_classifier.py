"""Transformations of images, and their maps turned back."""

import pytest
import torch

from methods.detectors.one_class.changes import Change, all_changes
from methods.detectors.one_class.networks.classifier import (
    TransformationClassifier,
    apply,
    restore,
)
from methods.detectors.one_class.networks.patch_network import PatchNetwork

SQUARE = torch.arange(16.0).view(1, 1, 4, 4)


@pytest.mark.parametrize(
    ("change", "first_row"),
    [
        (Change(), [0, 1, 2, 3]),
        (Change(turns=1), [3, 7, 11, 15]),
        (Change(turns=2), [15, 14, 13, 12]),
        (Change(mirrored=True), [3, 2, 1, 0]),
        (Change(turns=1, mirrored=True), [0, 4, 8, 12]),
        (Change(down=1), [4, 5, 6, 7]),
        (Change(down=-1), [4, 5, 6, 7]),
        (Change(right=1), [1, 0, 1, 2]),
        (Change(right=-1), [1, 2, 3, 2]),
    ],
)
def test_first_row_of_a_changed_square(change: Change, first_row: list[int]) -> None:
    assert apply(change, SQUARE)[0, 0, 0].tolist() == first_row


@pytest.mark.parametrize("change", all_changes(True, True, 0))
def test_maps_are_turned_back(change: Change) -> None:
    image = torch.rand(2, 3, 5, 7)
    torch.testing.assert_close(restore(change, apply(change, image)), image)


def classifier() -> TransformationClassifier:
    generator = torch.Generator().manual_seed(0)
    body = PatchNetwork(1, 16, 4, 6, True, generator=generator)
    made = TransformationClassifier(body, 6, all_changes(True, True, 0), generator=generator)
    return made.eval()


@pytest.mark.parametrize("shape", [(24, 32), (32, 32)])
def test_an_image_gives_what_each_of_its_patches_gives_alone(shape: tuple[int, int]) -> None:
    network = classifier()
    image = torch.rand(1, 1, *shape)
    with torch.no_grad():
        whole = network.judge(image)[0]
        assert whole.shape == (1, 64, (shape[0] - 16) // 4 + 1, (shape[1] - 16) // 4 + 1)
        for row, column in ((0, 0), (1, 3), (2, 4)):
            patch = image[:, :, 4 * row : 4 * row + 16, 4 * column : 4 * column + 16]
            torch.testing.assert_close(
                whole[:, :, row, column], network.judge(patch)[0][:, :, 0, 0], rtol=1e-3, atol=1e-4
            )


def test_the_first_probabilities_are_those_of_the_unchanged_patch() -> None:
    network = classifier()
    patch = torch.rand(1, 1, 16, 16)
    with torch.no_grad():
        judged = network.judge(patch)[0].view(8, 8)
        torch.testing.assert_close(judged[0], network(patch).log_softmax(dim=1).flatten())
        turned = network(patch.rot90(1, (2, 3))).log_softmax(dim=1).flatten()
        torch.testing.assert_close(judged[1], turned)
        torch.testing.assert_close(judged.exp().sum(dim=1), torch.ones(8))


def test_the_loss_of_a_classifier_that_knows_nothing_is_log_t() -> None:
    network = classifier()
    for weight in network.head.parameters():
        torch.nn.init.zeros_(weight)
    loss = network.loss(torch.rand(5, 1, 16, 16), torch.Generator().manual_seed(0))
    assert float(loss.detach()) == pytest.approx(2.0794, abs=1e-3)
