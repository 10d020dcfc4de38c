"""Items are made when they are asked for, and no other."""

import pytest

from images.on_demand import OnDemand


def test_items_are_made_one_at_a_time_and_anew() -> None:
    made: list[int] = []

    def make(place: int) -> int:
        made.append(place)
        return place * place

    squares = OnDemand(5, make)
    assert len(squares) == 5
    assert squares[3] == 9
    assert squares[-1] == 16
    assert squares[3] == 9
    assert made == [3, 4, 3]
    middle = squares[1:5:2]
    assert made == [3, 4, 3]
    assert list(middle) == [1, 9]
    assert middle[-1] == 9
    assert list(squares[::-1][:2]) == [16, 9]


@pytest.mark.parametrize("index", [5, -6])
def test_a_place_beyond_the_ends_is_refused(index: int) -> None:
    with pytest.raises(IndexError):
        OnDemand(5, lambda place: place)[index]
