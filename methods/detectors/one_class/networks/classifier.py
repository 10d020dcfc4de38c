"""The network that tells transformations of a patch apart."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from methods.detectors.one_class.changes import Change
from methods.detectors.one_class.networks.patch_network import PatchNetwork
from methods.training.layers import draw_layer

SHIFT = 4
"""Shifts are by the side of a patch divided by this."""
FEWEST_LOGARITHM = -20.0
"""Log probabilities are not below this: near zero they are noise, and count without bound."""


class TransformationClassifier(nn.Module):
    """Log probabilities of the transformations that a patch may have undergone.

    `body` describes a patch, and a linear layer on its rectified description tells which of the
    `changes` it shows.
    """

    def __init__(
        self,
        body: PatchNetwork,
        code: int,
        changes: Sequence[Change],
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.body = body
        self.changes = tuple(changes)
        self.head = draw_layer(nn.Conv2d, code, len(self.changes), 1, generator=generator)

    def penultimate(self, images: Tensor) -> Tensor:
        """Rectified descriptions (n, code, rows, columns) of patches."""
        return self.body(images).relu()

    def forward(self, images: Tensor) -> Tensor:
        """Logits (n, T, rows, columns) of the patches of images."""
        logits: Tensor = self.head(self.penultimate(images))
        return logits

    def loss(self, batch: Tensor, generator: torch.Generator) -> Tensor:
        """Cross-entropy over a batch, with a transformation drawn for each patch."""
        drawn = torch.randint(len(self.changes), (len(batch),), generator=generator)
        labels = drawn.to(batch.device)
        changed = torch.empty_like(batch)
        for label in drawn.unique().tolist():  # type: ignore[no-untyped-call]
            changed[labels == label] = apply(self.changes[label], batch[labels == label])
        return functional.cross_entropy(self(changed)[:, :, 0, 0], labels)

    def judge(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """What the network makes of images under each transformation.

        Log probabilities (n, T * T, rows, columns) of all transformations, and the descriptions
        (n, T * code, rows, columns). The maps of turned and mirrored images are turned back, so
        that each cell has one patch.
        """
        changed = [apply(change, images) for change in self.changes]
        if images.shape[2] == images.shape[3]:
            found = list(torch.split(self.penultimate(torch.cat(changed)), len(images)))
        else:
            found = [self.penultimate(each) for each in changed]
        described = [
            restore(change, maps) for change, maps in zip(self.changes, found, strict=True)
        ]
        judged = [self.head(each).log_softmax(dim=1) for each in described]
        logarithms = torch.cat(judged, dim=1).clamp_min(FEWEST_LOGARITHM)
        return logarithms, torch.cat(described, dim=1)


def apply(change: Change, images: Tensor) -> Tensor:
    """Images (n, channels, side, side) after a change; shifted ones are mirrored at their border.

    Images need not be square unless they are shifted.
    """
    if change.down or change.right:
        side = images.shape[2]
        step = side // SHIFT
        padded = functional.pad(images, (step, step, step, step), mode="reflect")
        top, left = step * (1 - change.down), step * (1 - change.right)
        images = padded[:, :, top : top + side, left : left + side]
    if change.mirrored:
        images = images.flip(3)
    return images.rot90(change.turns, (2, 3))


def restore(change: Change, maps: Tensor) -> Tensor:
    """Maps (n, k, rows, columns) of changed images, turned and mirrored back."""
    maps = maps.rot90(-change.turns, (2, 3))
    return maps.flip(3) if change.mirrored else maps
