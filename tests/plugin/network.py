"""A network: means over 8 x 8 pixels, in the three colours."""

import numpy as np
from numpy.typing import NDArray

from methods.features.backbones.backbone import Backbone, Network, Stage


def build(stages: tuple[int, ...]) -> Network:
    def run(images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        count, colours, height, width = images.shape
        cells = images.reshape(count, colours, height // 8, 8, width // 8, 8)
        return [cells.mean(axis=(3, 5))]

    return run


BACKBONE = Backbone(
    name="plugin-means",
    title="Means of the plug-in",
    licence="Apache-2.0",
    input_size=64,
    mean=(127.0, 127.0, 127.0),
    std=(128.0, 128.0, 128.0),
    stages=(Stage(1, 3, 8, 3.5),),
    packages=(),
    build=build,
)
