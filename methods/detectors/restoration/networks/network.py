"""The fully convolutional autoencoder that the family shares."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn

from methods.training.layers import draw_layer


class ConvolutionalAutoencoder(nn.Module):
    """Squeezes an image (n, channels, H, W) through a narrow code and restores it.

    The encoder is `depth` convolutions of 5 x 5 and stride 2, each with batch normalisation and
    leaky ReLU, and a 1 x 1 convolution to `code` numbers a cell; the decoder mirrors it. Sides must
    be multiples of `stride` = 2^depth. The image is standardised on the way in with the mean and
    deviation of the training crops, and put back on the way out. With `skips`, each layer of the
    decoder also sees the encoder's activations at its resolution. The first weights come from
    `generator`.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        channels: int,
        width: int,
        depth: int,
        code: int,
        skips: bool = False,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        convolution = partial(draw_layer, nn.Conv2d, generator=generator)
        transposed = partial(draw_layer, nn.ConvTranspose2d, generator=generator)
        widths = [width * min(2**level, 4) for level in range(depth)]
        self.stride = 2**depth
        self.skips = skips
        self.register_buffer("mean", torch.zeros(1, channels, 1, 1))
        self.register_buffer("deviation", torch.ones(1, channels, 1, 1))
        self.down = nn.ModuleList(
            _activated(convolution(before, after, 5, 2, 2, bias=False), after)
            for before, after in pairwise([channels, *widths])
        )
        self.to_code = convolution(widths[-1], code, 1)
        self.from_code = _activated(convolution(code, widths[-1], 1, bias=False), widths[-1])
        seen = [width * (1 + skips) for width in widths]
        self.up = nn.ModuleList(
            _activated(transposed(before, after, 5, 2, 2, 1, bias=False), after)
            for before, after in zip(seen[:0:-1], widths[-2::-1], strict=True)
        )
        self.out = transposed(seen[0], channels, 5, 2, 2, 1)

    def standardise(self, pool: Tensor) -> None:
        """Take mean and deviation, channel by channel, from training crops."""
        self.mean.copy_(pool.mean(dim=(0, 2, 3), keepdim=True))
        self.deviation.copy_(pool.std(dim=(0, 2, 3), keepdim=True).clamp_min(1e-3))

    @property
    def reach(self) -> int:
        """Pixels, a multiple of `stride`, beyond which nothing changes a restored pixel."""
        return 4 * self.stride

    def encode(self, images: Tensor) -> Tensor:
        """Codes (n, code, H / stride, W / stride)."""
        return self.to_code(self._levels(images)[-1])

    def encode_middles(self, images: Tensor) -> Tensor:
        """Codes like those of `encode` that look at the middles of their cells, to half a pixel.

        A convolution of stride 2 looks at the first pixel of each pair, so that a cell of `encode`
        looks at its own first pixel. Cells at the lower and right border see pixels of the other.
        """
        half = self.stride // 2
        return self.encode(images.roll((-half, -half), dims=(2, 3)))

    def decode(self, codes: Tensor, levels: Sequence[Tensor] = ()) -> Tensor:
        """Reconstruction images (n, channels, H, W).

        `levels` are the encoder's activations, the narrowest first, for a network with skips.
        """
        restored = self.from_code(codes)
        for index, layer in enumerate([*self.up, self.out]):
            if self.skips:
                restored = torch.cat([restored, levels[index]], dim=1)
            restored = layer(restored)
        return restored * self.deviation + self.mean

    def forward(self, images: Tensor) -> Tensor:
        """The images as the code, and the skipped activations, remember them."""
        levels = self._levels(images)
        return self.decode(self.to_code(levels[-1]), levels[::-1])

    def _levels(self, images: Tensor) -> list[Tensor]:
        levels = [(images - self.mean) / self.deviation]
        for layer in self.down:
            levels.append(layer(levels[-1]))
        return levels[1:]


def _activated(convolution: nn.Module, channels: int) -> nn.Sequential:
    return nn.Sequential(convolution, nn.BatchNorm2d(channels), nn.LeakyReLU(0.2))
