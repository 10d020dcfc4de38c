"""Any model of timm as a backbone, convolutional or a transformer; timm is optional.

``timm:NAME`` takes the weights that timm downloads once, ``timm:NAME@FILE`` those in a local file.
"""

import hashlib
import importlib
import math
import os
import socket
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from methods.detector import DetectorError
from methods.features.backbones.backbone import TIMM, Backbone, Network, Stage, Window
from methods.features.backbones.centres import measured_centres, measured_offsets

HOST = "huggingface.co"
PATIENCE = 3.0
"""Seconds to wait for an answer from `HOST`."""


def describe(name: str) -> Backbone:
    """The backbone ``timm:NAME`` or ``timm:NAME@FILE``, with what timm says about it.

    Its weights are loaded, since they decide where its cells look. The stages of a transformer are
    its blocks. timm gives their tokens as a grid, without those of the class and the registers, and
    interpolates the embeddings of their positions for images of another size.
    """
    model, _, file = name.removeprefix(TIMM).partition("@")
    features = _load(model, file)
    digest = _digest(features, file)
    about = features.pretrained_cfg
    transformer = _behind(features)
    run, info = features, features.feature_info
    every: tuple[list[int], ...] = ()
    if transformer is not None:
        run = partial(transformer.forward_intermediates, intermediates_only=True)
        every = (list(range(len(info.info))),)
    channels, strides = info.channels(*every), info.reduction(*every)
    network = _checked(model, _runner(model, run), channels, strides)
    window: Window | None = None
    plain = False
    if transformer is None:
        centres = measured_centres(network, strides)
    else:
        window = _window(network, strides, about["input_size"][1:])
        if plain := len(set(strides)) == 1:  # a token is made from a square of its own
            centres = [(stride - 1) / 2 for stride in strides]
        else:
            offsets = measured_offsets(network, strides, window.measured(strides))
            centres = offsets.mean(axis=1).tolist()
    stages = zip(channels, strides, centres, strict=True)

    def build(stages: tuple[int, ...]) -> Network:
        chosen = _load(model, file, out_indices=tuple(number - 1 for number in stages))
        if file and _digest(chosen, file) != digest:
            raise DetectorError(f"{file} has changed since it was first read; start again.")
        return _runner(model, chosen)

    return Backbone(
        name=name,
        title=f"{model} of timm",
        licence=about.get("license") or "see the model's card",
        input_size=about["input_size"][-1],
        mean=_three(255 * value for value in about["mean"]),
        std=_three(255 * value for value in about["std"]),
        stages=tuple(Stage(number, *each) for number, each in enumerate(stages, start=1)),
        packages=("timm",),
        build=build,
        window=window,
        padded=not plain,
        digest=digest,
    )


def _load(model: str, file: str, **options: Any) -> Any:
    """The trained model; raises `DetectorError` when its weights cannot be had."""
    if file:
        if not os.path.isfile(file):
            raise DetectorError(f"There is no file {file} with weights for {model}.")
        options["pretrained_cfg_overlay"] = {"file": file}
    else:
        _check_reachable()
    return _create(model, pretrained=True, **options)


def _create(model: str, **options: Any) -> Any:
    """A model of timm that gives the activations of its stages."""
    try:
        timm = importlib.import_module("timm")
    except ImportError as error:
        raise DetectorError(
            f"The network {TIMM}{model} needs the package timm (pip install timm), which cannot "
            f"be imported: {error}."
        ) from None
    try:
        return _with_any_size(timm.create_model, model, features_only=True, **options).eval()
    except Exception as error:
        raise DetectorError(f"timm cannot provide {model}: {_line(error)}") from error


def _with_any_size(create: Any, model: str, **options: Any) -> Any:
    """A model, and of a transformer one that takes images of any size of whole patches."""
    try:
        return create(model, dynamic_img_size=True, **options)
    except TypeError as error:
        if "dynamic_img_size" not in str(error):
            raise
        return create(model, **options)


def _behind(features: Any) -> Any | None:
    """The model whose blocks are taken, for a transformer; None for a convolutional network."""
    model = getattr(features, "model", None)
    return model if hasattr(model, "forward_intermediates") else None


def _window(network: Network, strides: Sequence[int], trained: Sequence[int]) -> Window:
    """What a transformer can see at once: of any size, or else of the one that it was made for."""
    unit = math.lcm(*strides)
    try:
        network(np.zeros((1, 3, 4 * unit, 6 * unit), dtype=np.float32))
    except DetectorError:
        height, width = trained
        return Window(height, width, fixed=True)
    return Window.of_any_size(strides)


def file_digest(file: str) -> str:
    """The digest of a file with weights, of which nothing is loaded."""
    try:
        return hashlib.blake2b(Path(file).read_bytes(), digest_size=16).hexdigest()
    except OSError as error:
        raise DetectorError(f"{file} cannot be read: {error}.") from error


def _digest(features: Any, file: str) -> str:
    """Of the weights: of their file, or of the values where timm downloaded them."""
    if file:
        return file_digest(file)
    digest = hashlib.blake2b(digest_size=16)
    for name, values in features.state_dict().items():
        digest.update(name.encode())
        digest.update(values.contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _runner(name: str, model: Callable[[torch.Tensor], Any]) -> Network:
    def run(images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        try:
            with torch.inference_mode():
                maps = [part.numpy() for part in model(torch.from_numpy(images))]
        except Exception as error:  # of any kind: a model checks its input in its own way
            height, width = images.shape[2:]
            raise DetectorError(
                f"{name} of timm does not take images of {width} x {height} pixels: {_line(error)}"
            ) from error
        return maps

    return run


def _checked(
    name: str, network: Network, channels: Sequence[int], strides: Sequence[int]
) -> Network:
    """A network that gives what timm says of it, or raises `DetectorError`."""

    def run(images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        maps = network(images)
        height, width = images.shape[2:]
        for each, depth, stride in zip(maps, channels, strides, strict=True):
            expected = (1, depth, height // stride, width // stride)
            if each.shape != expected:
                raise DetectorError(
                    f"{name} of timm gives activations {each.shape} for an image of {width} x "
                    f"{height} pixels; expected {expected}."
                )
        return maps

    return run


def _line(error: Exception) -> str:
    """What went wrong, in one line."""
    return str(error).strip().splitlines()[0] if str(error).strip() else repr(error)


def _check_reachable() -> None:
    """Raise `DetectorError` at once where timm would try for a minute to reach its host."""
    answered = threading.Event()

    def call() -> None:
        try:
            socket.create_connection((HOST, 443), timeout=PATIENCE).close()
        except OSError:
            return
        answered.set()

    # Looking up a name can block for longer than any socket's time limit.
    threading.Thread(target=call, daemon=True).start()
    if not answered.wait(PATIENCE):
        raise DetectorError(
            f"{HOST} does not answer, so the weights cannot be downloaded; give a local file as "
            f"{TIMM}NAME@FILE."
        )


def _three(values: Any) -> tuple[float, float, float]:
    first, second, third = values
    return float(first), float(second), float(third)
