"""A wrong parameter names itself, its value and what was expected."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from methods import registry
from methods.parameters import (
    ParameterError,
    Parameters,
    as_text,
    changed,
    parse_parameters,
)


class Some(Parameters):
    atoms: int = Field(256, ge=16, le=4096)
    penalty: float = Field(0.15, gt=0, lt=1)
    loss: Literal["l2", "ssim"] = "l2"
    flip: bool = False
    stages: tuple[Annotated[int, Field(ge=1, le=99)], ...] = Field((4, 6), min_length=1)
    sides: tuple[Literal[2, 4, 8], ...] = (2, 4)
    shares: tuple[float, ...] = ()
    names: tuple[str, ...] = ()


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
        ({"atom": 3}, "some has no parameter 'atom'; it has atoms, penalty, loss, flip, stages, "),
        (
            {"stages": "3,x"},
            "some.stages is '3,x'; expected whole numbers from 1 to 99, separated ",
        ),
        ({"stages": ""}, "some.stages is ''; expected whole numbers from 1 to 99, separated by "),
        ({"stages": ()}, "some.stages is (); expected whole numbers from 1 to 99, separated by "),
        ({"stages": [0]}, "some.stages is [0]; expected whole numbers from 1 to 99, separated by "),
        ({"stages": "-1"}, "some.stages is '-1'; expected whole numbers from 1 to 99, separated "),
        ({"stages": "3;4"}, "some.stages is '3;4'; expected whole numbers from 1 to 99, separated"),
        ({"sides": "2,3"}, "some.sides is '2,3'; expected some of 2, 4, 8, separated by commas."),
        ({"shares": "a"}, "some.shares is 'a'; expected numbers, separated by commas."),
    ],
)
def test_sentences(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_parameters(Some, values, "some")
    assert str(caught.value).startswith(sentence)


def test_text_from_a_command_line_is_understood() -> None:
    parsed = parse_parameters(Some, {"atoms": "512", "penalty": "0.3", "flip": "true"}, "some")
    assert parsed == Some(atoms=512, penalty=0.3, flip=True)


@pytest.mark.parametrize("given", ["3,4,5", " 3, 4,5 ", [3, 4, 5], ["3", "4", "5"], (3, 4, 5)])
def test_a_tuple_is_given_as_text_as_list_or_as_it_is(given: object) -> None:
    assert parse_parameters(Some, {"stages": given}, "some").stages == (3, 4, 5)


def test_the_items_of_a_tuple_have_their_own_type() -> None:
    given = {"sides": "8,2", "shares": "0.5,1", "names": "3,b"}
    parsed = parse_parameters(Some, given, "some")
    assert (parsed.sides, parsed.shares, parsed.names) == ((8, 2), (0.5, 1.0), ("3", "b"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((3, 4, 5), "3,4,5"),
        ([7], "7"),
        ((), ""),
        (0.5, "0.5"),
        ("a,b", "a,b"),
        (0.98 - 0.05, "0.93"),
        ((0.1 + 0.2, 1e-7), "0.3,1e-07"),
        (True, "True"),
    ],
)
def test_a_value_as_a_person_types_it(value: object, text: str) -> None:
    assert as_text(value) == text


def test_what_differs_from_the_defaults_whatever_its_spelling() -> None:
    given = {"atoms": "256", "penalty": "0.3", "stages": "4,6", "sides": [2, 4, 8]}
    assert changed(Some, given, "some") == {"penalty": 0.3, "sides": (2, 4, 8)}


@pytest.mark.parametrize(
    ("detector", "given", "parsed"),
    [
        ("padim", {"stages": "3,4,5"}, {"stages": (3, 4, 5)}),
        ("mean-feature", {"stages": "7"}, {"stages": (7,)}),
        ("inpainting", {"squares": "2,4,8,16"}, {"squares": (2, 4, 8, 16)}),
    ],
)
def test_parameters_that_once_were_text_are_still_understood(
    detector: str, given: dict[str, Any], parsed: dict[str, Any]
) -> None:
    params = registry.create(detector, given).params
    assert {name: getattr(params, name) for name in parsed} == parsed
    assert registry.create(detector, parsed).params == params


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
        ("nearest-neighbour", {"reduction": "none"}, {"window", "stride", "dimensions"}),
        ("autoencoder", {}, {"structure_weight"}),
        ("autoencoder", {"loss": "l2+ssim"}, set()),
    ],
)
def test_what_counts_for_nothing(detector: str, given: dict[str, Any], unused: set[str]) -> None:
    assert registry.create(detector, given).params.unused() == unused


def test_a_computed_number_is_taken_as_a_person_would_type_it() -> None:
    """0.98 - 0.05 is 0.9299999999999999."""
    parsed = parse_parameters(Some, {"penalty": 0.98 - 0.05, "shares": (0.1 + 0.2,)}, "some")
    assert (parsed.penalty, parsed.shares) == (0.93, (0.3,))


@pytest.mark.parametrize("name", registry.names())
def test_a_default_is_what_is_taken_of_it(name: str) -> None:
    """Else a form would call it changed."""
    model = registry.get(name).Params
    assert changed(model, model().model_dump(), name) == {}
