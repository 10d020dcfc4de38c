"""What parameters do to the time, and how that is said."""

from typing import Literal

import pytest
from pydantic import Field

from methods import registry
from methods.effort import FREE, Effort, help_text, takes, takes_by
from methods.parameters import Parameters


class Made(Parameters):
    """Parameters of a detector that does not exist."""

    steps: int = Field(
        100,
        title="Steps",
        description="Steps of the first network.",
        json_schema_extra=takes(training=1, of_training=0.5),
    )
    width: int = Field(
        8,
        title="Width",
        description="Its width.",
        json_schema_extra=takes(training=2, inference=1, of_training=0.5),
    )
    more: int = Field(
        10,
        title="More",
        description="Steps of the second network.",
        json_schema_extra=takes(training=1, of_training=0.3, part="second"),
    )
    squares: tuple[int, ...] = Field(
        (2, 4),
        title="Squares",
        description="Sides.",
        json_schema_extra=takes(training=1, inference=1),
    )
    mode: Literal["plain", "slow"] = Field(
        "plain", title="Mode", description="How.", json_schema_extra=takes_by(None, {"slow": 30})
    )
    rate: float = Field(0.1, title="Rate", description="Free.", json_schema_extra=FREE)
    other: int = Field(1, title="Other", description="Unknown.")


def test_parts_add_up_and_parameters_of_one_part_multiply() -> None:
    """Three times the steps and twice the width: 0.5 + 0.5 * 3 * 4 = 6.5; with three times the
    steps of the second network too, whose share is 0.3: 0.2 + 6 + 0.3 * 3 = 7.1."""
    assert Made().effort() == Effort()
    assert Made(steps=300).effort() == Effort(pytest.approx(2.0), 1.0)
    assert Made(steps=300, width=16).effort() == Effort(pytest.approx(6.5), pytest.approx(2.0))
    assert Made(steps=300, width=16, more=30).effort().training == pytest.approx(7.1)


def test_tuples_count_by_their_length_and_choices_by_their_name() -> None:
    assert Made(squares=(2, 4, 8)).effort() == Effort(pytest.approx(1.5), pytest.approx(1.5))
    assert Made(mode="slow").effort() == Effort(1.0, 30.0)


def test_what_is_free_takes_nothing_and_what_says_nothing_is_unknown() -> None:
    assert Made(rate=0.5).effort() == Effort()
    assert Made(other=2).effort() == Effort(unknown=("Other",))


def test_the_help_of_a_parameter_says_what_it_does_to_the_time() -> None:
    said = {name: help_text(field) for name, field in Made.model_fields.items()}
    assert said == {
        "steps": "Steps of the first network. Part of the training time grows with the value.",
        "width": "Its width. Part of the training time grows with the value. Inference time grows "
        "in proportion to the value.",
        "more": "Steps of the second network. Part of the training time grows with the value.",
        "squares": "Sides. Training and inference time grow in proportion to the number of them.",
        "mode": "How. Inference takes about 30 times as long with slow.",
        "rate": "Free.",
        "other": "Unknown.",
    }


@pytest.mark.parametrize(
    ("detector", "params"),
    [
        ("autoencoder", {"steps": 500}),
        ("sparse-coding", {"atoms": 512}),
        ("sparse-coding", {"stride": 2}),
        ("padim", {"backbone": "efficientnet-lite2"}),
        ("padim", {"stages": (3, 4, 5, 6, 7)}),
        ("nearest-neighbour", {"budget": 16}),
        ("normalising-flow", {"steps": 800}),
        ("student-teacher", {"students": 5}),
        ("deep-svdd", {"patches": (16, 32)}),
        ("gan", {"critic_steps": 5}),
    ],
)
def test_more_work_takes_longer(detector: str, params: dict[str, object]) -> None:
    effort = registry.create(detector, params).params.effort()
    assert max(effort.training, effort.inference) > 1.2
    assert effort.unknown == ()


@pytest.mark.parametrize(
    ("detector", "preset"),
    [
        (name, preset)
        for name in registry.names()
        for preset in ("quick", "thorough")
        if preset in registry.get(name).presets
    ],
)
def test_presets_take_as_long_as_their_names_say(detector: str, preset: str) -> None:
    params = registry.get(detector).presets[preset]
    effort = registry.create(detector, params).params.effort()
    assert effort.unknown == ()
    if preset == "quick":
        assert effort.training <= 1
        assert effort.inference <= 1
    else:
        assert effort.training > 1.5


def test_coarser_cells_and_smaller_images_are_quicker() -> None:
    """A grid of 16 pixels has a quarter of the cells of one of 8; the stages 5 and 6 have 192 of
    the 256 channels of 3 to 6: 0.6 + 0.4 * 192 / 256 / 4 = 0.675."""
    params = registry.create("padim", {"stages": (5, 6)}).params
    assert params.effort().inference == pytest.approx(0.675)
