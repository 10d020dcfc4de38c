"""The network of a bundle whose weights are in a file, wherever the file is on this machine.

A bundle keeps the name of its network, with the path that it had, and the digest of its weights.
"""

import json
from collections.abc import Mapping

from images.errors import shown
from methods.detector import Array
from methods.errors import UnavailableError
from methods.features.backbones import registry as backbones
from methods.features.backbones.backbone import ONNX, TIMM
from methods.features.network import WEIGHTS


def header_here(
    header: Mapping[str, str], arrays: Mapping[str, Array], bundle: str, file: str = ""
) -> Mapping[str, str]:
    """The header of a model, with the name that its network has on this machine.

    That is the network in `file`, or the one of the bundle where it is there and allowed, or
    another of the allowed ones with equal weights. A model without a network in a file stays as it
    is. Raises `UnavailableError` when there is none or the file holds another one; `bundle` is what
    the bundle is called in sentences.
    """
    name, digest = _network_of(header), _digest_in(arrays)
    if not name or not digest:
        if file:
            raise UnavailableError(f"{bundle} needs no file of a network, so {file} is not used.")
        return header
    if file:
        found = _with_file(name, file)
        backbones.allow(found)
        if _digest_of(found) != digest:
            raise UnavailableError(
                f"{file} is not the network of {bundle}; expected the file of {shown(name)} with "
                f"the digest {digest}."
            )
    else:
        same = [each for each in backbones.offered() if _without_file(each) == _without_file(name)]
        found = next((each for each in (name, *same) if _digest_of(each) == digest), "")
        if not found:
            raise UnavailableError(
                f"{bundle} needs the network {shown(name)!r} with the digest {digest}, which is "
                "not available here."
            )
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


def _digest_of(name: str) -> str:
    """That of the weights of a network; empty where it cannot be had."""
    try:
        return backbones.get(name).digest
    except Exception:  # of any kind, since the file may hold anything
        return ""


def _with_file(name: str, file: str) -> str:
    """The name of the same network in another file."""
    if not name.startswith(ONNX):
        return f"{name.partition('@')[0]}@{file}"
    _, mark, settings = name.partition("?")
    return f"{ONNX}{file}{mark}{settings}"


def _without_file(name: str) -> str:
    """What the name of a network in a file says beside the file; other names as they are."""
    return _with_file(name, "") if name.startswith(ONNX) or _is_timm_file(name) else name
