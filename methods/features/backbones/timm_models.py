"""Any model of timm as a backbone; timm is optional.

``timm:NAME`` takes the weights that timm downloads once, ``timm:NAME@FILE`` those in a local file.
"""

import importlib
import os
import socket
import threading
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from methods.detector import DetectorError
from methods.features.backbones.backbone import TIMM, Backbone, Network, Stage
from methods.features.backbones.centres import measured_centres

HOST = "huggingface.co"
PATIENCE = 3.0
"""Seconds to wait for an answer from `HOST`."""


def describe(name: str) -> Backbone:
    """The backbone ``timm:NAME`` or ``timm:NAME@FILE``, with what timm says about it.

    Its weights are loaded, since they decide where its cells look.
    """
    model, _, file = name.removeprefix(TIMM).partition("@")
    features = _load(model, file)
    about = features.pretrained_cfg
    strides = features.feature_info.reduction()
    properties = zip(
        features.feature_info.channels(),
        strides,
        measured_centres(_runner(features), strides),
        strict=True,
    )

    def build(stages: tuple[int, ...]) -> Network:
        return _runner(_load(model, file, out_indices=tuple(number - 1 for number in stages)))

    return Backbone(
        name=name,
        title=f"{model} of timm",
        licence=about.get("license") or "see the model's card",
        input_size=about["input_size"][-1],
        mean=_three(255 * value for value in about["mean"]),
        std=_three(255 * value for value in about["std"]),
        stages=tuple(Stage(number, *each) for number, each in enumerate(properties, start=1)),
        packages=("timm",),
        build=build,
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
        return timm.create_model(model, features_only=True, **options).eval()
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise DetectorError(f"timm cannot provide {model}: {reason}") from error


def _runner(model: Any) -> Network:
    def run(images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        with torch.inference_mode():
            return [part.numpy() for part in model(torch.from_numpy(images))]

    return run


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
