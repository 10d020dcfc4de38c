"""The network of a bundle whose weights are in a file, wherever the file is on this machine.

A bundle keeps the name of its network, with the path that it had, and the digest of its weights.
"""

import json
import re
from collections.abc import Mapping

from images.errors import AnomalyError, shown
from methods.detector import Array
from methods.errors import UnavailableError
from methods.features.backbones import registry as backbones
from methods.features.backbones.backbone import ONNX, TIMM
from methods.features.network import WEIGHTS


class MissingNetworkError(UnavailableError):
    """The file of a bundle's network is not known on this machine."""

    def __init__(self, bundle: str, name: str, digest: str) -> None:
        super().__init__(
            f"{bundle} needs the network {shown(name)!r} with the digest {digest}, which is not "
            "available here."
        )
        self.digest = digest
        """BLAKE2b of 16 bytes, of the file and of those beside it with its weights."""
        self.is_onnx = name.startswith(ONNX)
        """Whether the file is a graph, which can do nothing but compute; others may hold code."""
        self.file = shown(_file_in(name))
        """What the file was called where the method was fitted."""


def header_here(
    header: Mapping[str, str], arrays: Mapping[str, Array], bundle: str, file: str = ""
) -> Mapping[str, str]:
    """The header of a model, with the name that its network has on this machine.

    That is the network in `file`, or the one of the bundle where it is there and allowed, or
    another of the allowed ones with equal weights. A model without a network in a file stays as it
    is. Raises `MissingNetworkError` when there is none and `UnavailableError` when the file holds
    another one; `bundle` is what the bundle is called in sentences.
    """
    name, digest = _network_of(header), _digest_in(arrays)
    if not name or not digest:
        if file:
            raise UnavailableError(f"{bundle} needs no file of a network, so {file} is not used.")
        return header
    if file:
        found = _with_file(name, file)
        _check_is(
            found,
            digest,
            f"{file} is not the network of {bundle}; expected "
            f"{shown(_file_in(name))} with the digest {digest}.",
        )
    else:
        same = [each for each in backbones.offered() if _without_file(each) == _without_file(name)]
        found = next((each for each in (name, *same) if _digest_of(each) == digest), "")
        if not found:
            raise MissingNetworkError(bundle, name, digest)
    return {**header, "params": json.dumps({**json.loads(header["params"]), "backbone": found})}


def _network_of(header: Mapping[str, str]) -> str:
    """The name of the network in a file that a model has; empty where it has none."""
    try:
        name: object = json.loads(header["params"])["backbone"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    if isinstance(name, str) and (name.startswith(ONNX) or _is_timm_file(name)):
        return name
    return ""


def _is_timm_file(name: str) -> bool:
    return name.startswith(TIMM) and "@" in name


def _digest_in(arrays: Mapping[str, Array]) -> str:
    return arrays[WEIGHTS].tobytes().hex() if WEIGHTS in arrays else ""


def _check_is(name: str, digest: str, otherwise: str) -> None:
    """Allow the network of a file with a digest; raises `UnavailableError` when it has another.

    A file of another digest is not run.
    """
    backbones.allow(name)
    try:
        same = backbones.file_digest(name) == digest and backbones.get(name).digest == digest
    except AnomalyError as error:
        backbones.withdraw(name)
        raise UnavailableError(str(error)) from error
    except Exception:  # of any kind, since the file may hold anything
        same = False
    if not same:
        backbones.withdraw(name)
        raise UnavailableError(otherwise)


def _digest_of(name: str) -> str:
    """That of the weights of a network in a file, which is not run; empty where it is not there."""
    try:
        return backbones.file_digest(name)
    except Exception:  # of any kind, since the file may hold anything
        return ""


def _with_file(name: str, file: str) -> str:
    """The name of the same network in another file."""
    if not name.startswith(ONNX):
        return f"{name.partition('@')[0]}@{file}"
    _, mark, settings = name.partition("?")
    return f"{ONNX}{file}{mark}{settings}"


def _file_in(name: str) -> str:
    """What the file in the name of a network is called, without its folders."""
    is_onnx = name.startswith(ONNX)
    path = name.removeprefix(ONNX).partition("?")[0] if is_onnx else name.partition("@")[2]
    return re.split(r"[/\\]", path)[-1]


def _without_file(name: str) -> str:
    """What the name of a network in a file says beside the file; other names as they are."""
    return _with_file(name, "") if name.startswith(ONNX) or _is_timm_file(name) else name
