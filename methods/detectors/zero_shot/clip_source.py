"""Where the weights of CLIP come from: whoever starts the program says it, never a visitor."""

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from methods.errors import DetectorError

VARIABLE = "ANOMALY_CLIP"
"""``MODEL@FILE``: a model of OpenCLIP and the file with its weights."""
PACKAGE = "open_clip"
HOW = (
    "pip install open-clip-torch (the extra clip), download weights, for example "
    "ViT-B-16-plus-240 trained on laion400m_e32, and start with "
    f"{VARIABLE}=ViT-B-16-plus-240@FILE"
)


@dataclass(frozen=True)
class Source:
    """A model and the file of its weights."""

    model: str
    file: Path

    @property
    def digest(self) -> bytes:
        """32 bytes that are equal for equal weights."""
        return _digest(self.file)


def missing() -> str:
    """Why CLIP cannot be used, in a clause; empty where it can."""
    given = os.environ.get(VARIABLE, "")
    model, at, file = given.partition("@")
    if find_spec(PACKAGE) is None:
        return "the package open-clip-torch is not installed"
    if not given:
        return f"{VARIABLE} is not set"
    if not (model and at and file):
        return f"{VARIABLE} is {given!r}; expected MODEL@FILE"
    if not Path(file).is_file():
        return f"{VARIABLE} names {file}, which is not a file"
    return ""


def source() -> Source:
    """The model and its weights; raises `DetectorError` where there are none."""
    if reason := missing():
        raise DetectorError(f"clip cannot be used: {reason}.")
    model, _, file = os.environ[VARIABLE].partition("@")
    return Source(model, Path(file))


@lru_cache(maxsize=2)
def _digest(file: Path) -> bytes:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "blake2b").digest()[:32]
