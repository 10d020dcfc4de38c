"""A wrong parameter names itself, its value and what was expected."""

from typing import Any, Literal

import pytest
from pydantic import Field

from methods import registry
from methods.parameters import ParameterError, Parameters, parse_parameters


class Some(Parameters):
    atoms: int = Field(256, ge=16, le=4096)
    penalty: float = Field(0.15, gt=0, lt=1)
    loss: Literal["l2", "ssim"] = "l2"
    flip: bool = False


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"atoms": 3}, "some.atoms is 3; expected a whole number from 16 to 4096."),
        ({"atoms": "x"}, "some.atoms is 'x'; expected a whole number from 16 to 4096."),
        ({"atoms": 20.5}, "some.atoms is 20.5; expected a whole number from 16 to 4096."),
        ({"penalty": 0}, "some.penalty is 0; expected a number above 0 below 1."),
        ({"penalty": "nan"}, "some.penalty is 'nan'; expected a number above 0 below 1."),
        ({"loss": "l1"}, "some.loss is 'l1'; expected one of l2, ssim."),
        ({"flip": "perhaps"}, "some.flip is 'perhaps'; expected true or false."),
        ({"atom": 3}, "some has no parameter 'atom'; it has atoms, penalty, loss, flip."),
    ],
)
def test_sentences(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_parameters(Some, values, "some")
    assert str(caught.value) == sentence


def test_text_from_a_command_line_is_understood() -> None:
    parsed = parse_parameters(Some, {"atoms": "512", "penalty": "0.3", "flip": "true"}, "some")
    assert parsed == Some(atoms=512, penalty=0.3, flip=True)


@pytest.mark.parametrize(
    ("detector", "given", "unused"),
    [
        ("mean-feature", {}, set()),
        ("padim", {}, {"window", "stride", "dimensions"}),
        ("padim", {"reduction": "random"}, {"window", "stride"}),
        (
            "pca-residual",
            {"features": "raw patches"},
            {"alignment", "lighting", "backbone", "stages", "average", "short_side"},
        ),
        ("mean-feature", {"positions": "each"}, {"alignment"}),
        ("nearest-neighbour", {"memory": "clusters"}, {"window", "stride", "budget"}),
        (
            "nearest-neighbour",
            {"reduction": "none"},
            {"window", "stride", "dimensions", "clusters"},
        ),
        ("autoencoder", {}, {"structure_weight"}),
        ("autoencoder", {"loss": "l2+ssim"}, set()),
    ],
)
def test_what_counts_for_nothing(detector: str, given: dict[str, Any], unused: set[str]) -> None:
    assert registry.create(detector, given).params.unused() == unused
