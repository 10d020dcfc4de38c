"""Methods and parameters as a person asks for them on the command line."""

import pytest

from evaluation.arguments import parse_variants


@pytest.mark.parametrize("value", ["3,4,5", "[3, 4, 5]"])
def test_a_parameter_of_several_numbers_is_typed_with_commas_or_as_json(value: str) -> None:
    (variant,) = parse_variants("padim", [f"padim.stages={value}"], seed=0)
    assert variant.checked().model_dump()["stages"] == (3, 4, 5)
