"""Sparse coding over dictionaries of several scales."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from methods.detectors.sparse_coding.coding.parameters import MultiscaleParameters
from methods.detectors.sparse_coding.sparse_coding import SparseCoding
from methods.registry import register

if TYPE_CHECKING:
    from methods.detectors.sparse_coding.coding.model import SparseCodingModel


@register
class MultiscaleSparseCoding(SparseCoding):
    """Group-sparse codes of raw patches over dictionaries of several scales."""

    name = "multiscale-sparse-coding"
    title = "Multiscale sparse coding"
    summary = (
        "Rebuilds each patch from atoms of dictionaries learned at several scales, few of which "
        "it may use, and scores how rare its error, its norms and its texture are. It stands up to "
        "a change of magnification, and is blind to defects that look normal at another scale."
    )
    reference = (
        "Carrera, Boracchi, Foi and Wohlberg, Scale-invariant anomaly detection with multiscale "
        "group-sparse models, ICIP 2016"
    )
    cost = "Learns from 5 images of 1024 x 700 in 2.7 s and scores one in 0.38 s, on two cores."
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"atoms": 64, "stride": 5, "training_patches": 20_000, "epochs": 1},
        "published": {"indicators": "coding", "surroundings": 0, "stride": 1, "smoothing": 0.0},
        "thorough": {"atoms": 256, "scales": 3, "stride": 2, "training_patches": 80_000},
    }
    Params = MultiscaleParameters
    params: MultiscaleParameters

    def _model(self) -> "SparseCodingModel":
        from methods.detectors.sparse_coding.coding.multiscale import MultiscaleModel

        return MultiscaleModel(self.params)
