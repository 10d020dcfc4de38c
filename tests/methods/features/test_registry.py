"""The kinds of features, and how their parameters join."""

import pytest
from pydantic import Field

from methods.detector import DetectorError
from methods.features import registry
from methods.features.choice import FeatureParameters
from methods.features.network import NetworkParameters
from methods.features.raw import RawPatches, RawPatchParameters
from methods.features.registry import FeatureKind
from methods.parameters import ParameterError, Parameters, parse_parameters
from tests.registries import as_new


def test_the_kinds_there_are_with_the_first_choice_first() -> None:
    assert registry.names() == ("network", "filter bank", "raw patches")
    assert registry.names("*bank") == ("filter bank",)


def test_an_unknown_kind_is_refused_by_its_field() -> None:
    with pytest.raises(ParameterError) as caught:
        parse_parameters(FeatureParameters, {"features": "magic"}, "any")
    assert str(caught.value) == (
        "any.features is 'magic'; expected one of network, filter bank, raw patches."
    )


class OnnxParameters(RawPatchParameters):
    onnx_file: str = Field("", title="File", description="An ONNX file.")


class Onnx(FeatureKind):
    name = "onnx"
    summary = "an ONNX file"
    Params = OnnxParameters

    def features(self, params: OnnxParameters) -> RawPatches:
        return RawPatches(params.window, params.stride)


def test_a_kind_that_comes_after_the_forms_is_refused() -> None:
    with pytest.raises(
        DetectorError, match="'onnx' comes too late: register it before the first detector"
    ):
        registry.register(Onnx)


def test_parameters_join_without_a_field_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A class that extends that of another kind stands for both."""
    as_new(registry.KINDS, monkeypatch)
    monkeypatch.setattr(registry.KINDS, "_closed", "")
    registry.register(Onnx)
    assert registry.joined_parameters() == (OnnxParameters, NetworkParameters)
    joined = type("Joined", registry.joined_parameters(), {})
    assert list(joined.model_fields)[-3:] == ["window", "stride", "onnx_file"]


class Own(Parameters):
    depth: int = Field(1, title="Depth", description="How deep.")
    onnx_size: int = Field(1, title="Size")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"Params": Own}, "parameter onnx_size without a description; has parameters depth; exp"),
        ({"Params": Own}, "has parameters depth; expected names that begin with onnx_"),
        ({"Params": dict}, "lacks Params"),
        ({"summary": ""}, "lacks summary"),
    ],
)
def test_a_kind_that_no_form_can_show_is_refused(changed: dict[str, object], sentence: str) -> None:
    with pytest.raises(DetectorError, match=sentence):
        registry.register(type("Odd", (Onnx,), changed))
