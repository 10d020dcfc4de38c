"""A classifier whose logits for an image are the means of its logits for the cells of a map."""

from collections.abc import Mapping
from functools import partial
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from methods.detector import Array
from methods.training.crops import Batch
from methods.training.devices import device, one_thread
from methods.training.layers import draw_layer

CELL = 8
"""Pixels of the network's input from one cell of the last map of `FewPixels` to the next."""
TOGETHER = 256
"""Images that go through the classifier at once."""


class FewPixels(nn.Module):
    """A small network for small images (n, channels, side, side): (n, 4 width, side / 8, side / 8).

    Four convolutions of 3 x 3 with batch normalisation and ReLU; each but the last is followed by a
    pooling of 2 x 2 by the maximum. Images are standardised with mean and deviation of the training
    images.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, channels: int, width: int, *, generator: torch.Generator) -> None:
        super().__init__()
        widths = (channels, width, 2 * width, 4 * width, 4 * width)
        convolution = partial(draw_layer, nn.Conv2d, padding=1, bias=False, generator=generator)
        self.convolutions = nn.ModuleList(
            convolution(before, after, 3) for before, after in pairwise(widths)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(each) for each in widths[1:])
        self.register_buffer("mean", torch.zeros(1, channels, 1, 1))
        self.register_buffer("deviation", torch.ones(1, channels, 1, 1))
        self.width = widths[-1]

    def standardise(self, pool: Tensor) -> None:
        """Take mean and deviation, channel by channel, from training images."""
        self.mean.copy_(pool.mean(dim=(0, 2, 3), keepdim=True))
        self.deviation.copy_(pool.std(dim=(0, 2, 3), keepdim=True).clamp_min(1e-3))

    def forward(self, images: Tensor) -> Tensor:
        """The last map."""
        values = (images - self.mean) / self.deviation
        last = len(self.norms) - 1
        for at, (convolve, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            values = norm(convolve(values)).relu()
            values = functional.max_pool2d(values, 2) if at < last else values
        return values


class GivenFeatures(nn.Module):
    """The features of a pretrained network, (n, width, rows, columns), standardised."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(1, width, 1, 1))
        self.register_buffer("deviation", torch.ones(1, width, 1, 1))
        self.width = width

    def standardise(self, pool: Tensor) -> None:
        """Take mean and deviation, channel by channel, from the means of training images."""
        self.mean.copy_(pool.mean(dim=(0, 2, 3), keepdim=True))
        self.deviation.copy_(pool.std(dim=(0, 2, 3), keepdim=True).clamp_min(1e-3))

    def forward(self, features: Tensor) -> Tensor:
        """The standardised features."""
        return (features - self.mean) / self.deviation


class PooledClassifier(nn.Module):
    """A linear head on every cell of a map; the logits of an image are the mean over its cells.

    With f_ij the features of cell (i, j), its logits are W f_ij + b, and those of the image are
    W mean_ij(f_ij) + b: global average pooling, and the class activation maps of Zhou et al.,
    Learning deep features for discriminative localization, CVPR 2016.
    """

    def __init__(
        self,
        body: FewPixels | GivenFeatures,
        classes: int,
        decay: float,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.body = body
        self.decay = decay
        self.head = draw_layer(nn.Conv2d, body.width, classes, 1, generator=generator)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (n, classes, rows, columns) of the cells."""
        logits: Tensor = self.head(self.body(images))
        return logits

    def loss(self, batch: Tensor, generator: torch.Generator) -> Tensor:
        """Cross-entropy of `labelled` images, and `decay` times the squared weights of the head."""
        images, labels = batch[:, :-1], batch[:, -1, 0, 0].long()
        entropy = functional.cross_entropy(self(images).mean(dim=(2, 3)), labels)
        return entropy + self.decay * self.head.weight.square().sum()


def labelled(images: Batch, labels: NDArray[np.int64]) -> Batch:
    """Images (n, channels, h, w) with the number of the class of each in one more channel."""
    plane = np.broadcast_to(
        labels.astype(np.float32)[:, None, None, None], (len(images), 1, *images.shape[2:])
    )
    return np.concatenate([images, plane], axis=1)


def small_classifier(
    channels: int, classes: int, width: int, decay: float, seed: int
) -> PooledClassifier:
    """An untrained classifier of small images."""
    generator = torch.Generator().manual_seed(seed)
    body = FewPixels(channels, width, generator=generator)
    return PooledClassifier(body, classes, decay, generator=generator).to(device())


def given_classifier(width: int, classes: int, decay: float, seed: int) -> PooledClassifier:
    """An untrained classifier of the features of a pretrained network."""
    generator = torch.Generator().manual_seed(seed)
    return PooledClassifier(GivenFeatures(width), classes, decay, generator=generator).to(device())


def standardise(network: PooledClassifier, training: Batch) -> None:
    """Standardise what a classifier is given by its `labelled` training images."""
    network.body.standardise(torch.from_numpy(training[:, :-1]))


def features_of(network: PooledClassifier, given: Batch) -> Batch:
    """The features (n, width, rows, columns) of the cells of images (n, channels, h, w)."""
    with one_thread(), torch.inference_mode():
        parts = torch.split(torch.from_numpy(np.ascontiguousarray(given)), TOGETHER)
        found: Batch = torch.cat([network.body(part.to(device())) for part in parts]).cpu().numpy()
    return found


def last_layer(network: PooledClassifier) -> tuple[Batch, Batch]:
    """Weights (classes, width) and biases (classes,) of the head."""
    assert network.head.bias is not None
    weights: Batch = network.head.weight.detach()[:, :, 0, 0].cpu().numpy()
    biases: Batch = network.head.bias.detach().cpu().numpy()
    return weights, biases


def load(network: PooledClassifier, arrays: Mapping[str, Array]) -> None:
    """Give a classifier the weights in the arrays whose names begin with ``classifier.``."""
    weights = {
        key.removeprefix("classifier."): torch.from_numpy(np.array(value))
        for key, value in arrays.items()
        if key.startswith("classifier.")
    }
    network.load_state_dict(weights)
    network.eval()
