"""An exported method from the browser, and the network that it needs where it lacks it."""

import tempfile
from dataclasses import replace
from pathlib import Path

from dashboard.session.applied_image import Folder
from evaluation.bundle.bundle import Bundle, open_bundle
from evaluation.bundle.network import MissingNetworkError
from evaluation.comparison.storage import writing
from images.errors import AnomalyError, shown
from methods.errors import UnavailableError


def bundle_in(name: str, data: bytes) -> Bundle:
    """The bundle in the bytes of a file.

    Raises `BundleError` or `WriteError`, in a sentence, when it cannot be used here.
    """
    with writing(name), tempfile.TemporaryDirectory(prefix="anomaly-compare-") as folder:
        path = Path(folder) / "bundle"
        path.write_bytes(data)
        return open_bundle(path, name)


def asks_for_network(bundle: Bundle, missing: MissingNetworkError) -> UnavailableError:
    """Which file is to be uploaded beside a bundle."""
    return UnavailableError(
        f"{bundle.name} needs its network, the file {missing.file} with the digest "
        f"{missing.digest} (b2sum -l 128), which is not on this machine; upload it below."
    )


def with_network(bundle: Bundle, name: str, data: bytes) -> tuple[Bundle, Folder]:
    """The bundle with its network from the bytes of an ONNX file, and where the file is kept.

    Raises `UnavailableError` or `WriteError`, in a sentence, when it is not that network.
    """
    folder = Folder()
    path = folder.path / "network.onnx"
    with writing(name):
        path.write_bytes(data)
    found = replace(bundle, network_file=str(path))
    try:
        _ = found.detector
    except AnomalyError as error:
        raise UnavailableError(str(error).replace(str(path), shown(name))) from error
    return found, folder
