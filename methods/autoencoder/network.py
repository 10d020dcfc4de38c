"""The fully convolutional autoencoder that the family shares."""

import torch
from torch import Tensor, nn


class ConvolutionalAutoencoder(nn.Module):
    """Squeezes an image (n, channels, H, W) through a narrow code and restores it.

    The encoder is `depth` convolutions of 5 x 5 and stride 2, each with batch normalisation and
    leaky ReLU, and a 1 x 1 convolution to `code` numbers a cell; the decoder mirrors it. Sides must
    be multiples of `stride` = 2^depth. The image is standardised on the way in with the mean and
    deviation of the training crops, and put back on the way out.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, channels: int, width: int, depth: int, code: int) -> None:
        super().__init__()
        widths = [min(width * 2**level, 4 * width) for level in range(depth)]
        self.stride = 2**depth
        self.register_buffer("mean", torch.zeros(1, channels, 1, 1))
        self.register_buffer("deviation", torch.ones(1, channels, 1, 1))
        down = [
            layer
            for before, after in zip([channels, *widths], widths, strict=False)
            for layer in (
                nn.Conv2d(before, after, 5, 2, 2, bias=False),
                nn.BatchNorm2d(after),
                nn.LeakyReLU(0.2),
            )
        ]
        self.encoder = nn.Sequential(*down, nn.Conv2d(widths[-1], code, 1))
        narrow = [*reversed(widths[:-1])]
        up = [
            layer
            for before, after in zip(widths[::-1], narrow, strict=False)
            for layer in (
                nn.ConvTranspose2d(before, after, 5, 2, 2, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.LeakyReLU(0.2),
            )
        ]
        self.decoder = nn.Sequential(
            nn.Conv2d(code, widths[-1], 1, bias=False),
            nn.BatchNorm2d(widths[-1]),
            nn.LeakyReLU(0.2),
            *up,
            nn.ConvTranspose2d(widths[0], channels, 5, 2, 2, 1),
        )

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
        codes: Tensor = self.encoder((images - self.mean) / self.deviation)
        return codes

    def decode(self, codes: Tensor) -> Tensor:
        """Restored images (n, channels, H, W)."""
        restored: Tensor = self.decoder(codes) * self.deviation + self.mean
        return restored

    def forward(self, images: Tensor) -> Tensor:
        """The images as the code remembers them."""
        return self.decode(self.encode(images))
