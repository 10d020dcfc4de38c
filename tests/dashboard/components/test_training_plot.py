"""The plot of a training: losses against steps, with the best step marked."""

import json

import pytest

from dashboard.components.training_plot import FAINT, STRONG, by_network, training_figure
from methods.training.curve import TrainingCurve

FIT = TrainingCurve(((1, 0.9), (2, 0.5)), ((1, 0.8), (2, 0.6)), 2, 4, continued_at=(1,))
FOLD = TrainingCurve(((1, 0.7),), ((1, 0.6),), 1, 4, fold=2)


def test_losses_and_the_best_step_of_one_fit() -> None:
    training, held_out, best = training_figure([FIT], "#0072b2", height=200).data
    assert (list(training.x), list(training.y)) == ([1, 2], [0.9, 0.5])
    assert (list(held_out.x), list(held_out.y)) == ([1, 2], [0.8, 0.6])
    assert (list(best.x), list(best.y)) == ([2], [0.6])
    assert [trace.name for trace in (training, held_out, best)] == ["training", "held-out", "best"]
    assert {trace.opacity for trace in (training, held_out, best)} == {STRONG}


def test_folds_say_their_number_and_are_faint_beside_a_fit_on_all_images() -> None:
    figure = training_figure([FIT, FOLD], "#0072b2", height=200)
    fit, fold = figure.data[:3], figure.data[3:]
    assert {trace.opacity for trace in fold} == {FAINT}
    assert all(trace.hovertemplate.startswith("fold 2, step") for trace in fold)
    assert [trace.showlegend for trace in (*fit, *fold)] == [True] * 3 + [False] * 3
    alone = training_figure([FOLD], "#0072b2", height=200)
    assert {trace.opacity for trace in alone.data} == {STRONG}


def test_a_continuation_is_marked() -> None:
    (line,) = training_figure([FIT, FOLD], "#0072b2", height=200).layout.shapes
    assert (line.x0, line.x1) == (1, 1)


def test_before_the_first_check_there_is_no_best_step() -> None:
    start = TrainingCurve(((1, 0.9),), (), 1, 4)
    best = training_figure([start], "#0072b2", height=200).data[-1]
    assert len(best.x) == 0
    json.loads(training_figure([start], "#0072b2", height=200).to_json())


@pytest.mark.parametrize("order", [0, 1])
def test_networks_are_told_apart_by_the_order_of_their_trainings(order: int) -> None:
    def curve(network: str, fold: int | None) -> TrainingCurve:
        return TrainingCurve((), (), 1, 1, network, fold)

    # Folds that are fitted side by side take turns.
    folds = [curve("a", 1), curve("a", 2), curve("b", 2), curve("b", 1)]
    fits = [curve("a", None), curve("b", None)]
    first, second = by_network([*fits, *folds] if order else [*folds, *fits])
    assert [(one.network, one.fold) for one in first] == [("a", None), ("a", 1), ("a", 2)]
    assert [(one.network, one.fold) for one in second] == [("b", None), ("b", 1), ("b", 2)]
    assert by_network([]) == []
