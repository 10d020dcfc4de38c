"""The choice of features that detectors share."""

import pytest

from methods.features.choice import FeatureParameters
from methods.features.filter_bank import FilterBank
from methods.features.network import NetworkFeatures
from methods.features.raw import RawPatches
from methods.parameters import ParameterError, parse_parameters


def test_the_choice_comes_first_in_a_form() -> None:
    assert list(FeatureParameters.model_fields) == [
        "features",
        "backbone",
        "stages",
        "average",
        "short_side",
        "lighting",
        "alignment",
        "window",
        "stride",
        "smoothing",
    ]


def test_a_network_with_its_parameters() -> None:
    features = FeatureParameters(stages=(6, 4, 6), average=False, short_side=448).patch_features()
    assert isinstance(features, NetworkFeatures)
    assert [stage.number for stage in features.stages] == [4, 6]
    assert (features.average, features.short_side) == (False, 448)
    # The network is mirrored by 64 pixels, and its cells are 8 pixels wide.
    assert features.border == 8


def test_raw_patches_with_their_parameters() -> None:
    features = FeatureParameters(features="raw patches", window=9, stride=3).patch_features()
    assert isinstance(features, RawPatches)
    assert (features.window, features.stride, features.border) == (9, 3, 0)


def test_a_filter_bank_with_its_parameters() -> None:
    features = FeatureParameters(features="filter bank", window=9, stride=3).patch_features()
    assert isinstance(features, FilterBank)
    assert (features.window, features.stride) == (9, 3)


@pytest.mark.parametrize("stages", ["", "3;4", "3,x", "-1", "0", (), (0,), (100,)])
def test_stages_must_be_numbers(stages: object) -> None:
    with pytest.raises(ParameterError, match=r"stages is .*; expected whole numbers from 1 to 99"):
        parse_parameters(FeatureParameters, {"stages": stages}, "any")
