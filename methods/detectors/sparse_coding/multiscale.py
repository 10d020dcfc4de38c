"""Sparse coding over dictionaries of several scales."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from methods.detectors.sparse_coding.coding.parameters import MultiscaleParameters
from methods.detectors.sparse_coding.sparse_coding import SparseCoding
from methods.measured import Measured
from methods.registry import register

if TYPE_CHECKING:
    from methods.detectors.sparse_coding.coding.model import SparseCodingModel


@register
class MultiscaleSparseCoding(SparseCoding):
    """Group-sparse codes of raw patches over dictionaries of several scales."""

    name = "multiscale-sparse-coding"
    title = "Multiscale sparse coding"
    summary = (
        "Reconstructs each patch from dictionaries learned at several scales, using few scales "
        "per patch. The score is how rare its error, norms and texture are. It is robust to "
        "changes of magnification and misses defects that look normal at another scale."
    )
    choose = "The magnification of the images varies."
    measured = Measured(0.959, 0.950, 19, 0.63, fixed=0.6, fixed_from=3e6, first_loading=15)
    reference = (
        "Carrera, Boracchi, Foi and Wohlberg, Scale-invariant anomaly detection with multiscale "
        "group-sparse models, ICIP 2016"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes 19 s, inference 0.63 s per image, "
        "on two cores."
    )
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
