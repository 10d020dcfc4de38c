"""The names of the losses; what they compute is in `residuals`, which needs torch."""

from typing import Literal

LossName = Literal["l2", "ssim", "l2+ssim", "ms-ssim"]
