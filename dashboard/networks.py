"""Which pretrained networks whoever started the server lets people choose in the browser."""

import logging
import os
from functools import cache

from methods.features.backbones import registry as backbones
from methods.features.backbones.backbone import OUTSIDE

VARIABLE = "ANOMALY_BACKBONES"
"""Names that are offered beside the packaged networks, separated by commas: ``timm:NAME`` for
weights that timm has or downloads, ``timm:NAME@FILE`` for those in a file, ``onnx:FILE``."""


@cache
def offer() -> None:
    """Take no network in this process but the packaged ones and those that `VARIABLE` lists."""
    listed = [name.strip() for name in os.environ.get(VARIABLE, "").split(",")]
    others = [name for name in listed if name.startswith(OUTSIDE)]
    for name in listed:
        if name and name not in (*others, *backbones.names()):
            logging.getLogger(__name__).error(
                "%s lists %r, which is ignored; expected timm:NAME, timm:NAME@FILE or onnx:FILE.",
                VARIABLE,
                name,
            )
    backbones.allow_only(others)
