import numpy as np

from evaluation.decisions.masks import PostProcessing, decide


def picture(*rows):
    return np.array([[int(letter) for letter in row] for row in rows], dtype=np.float32)


def drawn(mask):
    return ["".join("#" if value else "." for value in row) for row in mask]


SCORES = picture(
    "900000",
    "000550",
    "000595",
    "000550",
    "030000",
)


def test_a_threshold_takes_in_its_own_value():
    assert drawn(decide(SCORES, 9)) == ["#.....", "......", "....#.", "......", "......"]


def test_hysteresis_grows_regions_to_the_weaker_threshold():
    grown = decide(SCORES, 9, weak_threshold=5)
    assert drawn(grown) == ["#.....", "...##.", "...###", "...##.", "......"]


def test_small_regions_are_dropped_and_corners_connect():
    scores = picture("1000", "0100", "0001")
    # The two that touch at a corner are one region of 2 pixels; the other has 1.
    kept = decide(scores, 1, PostProcessing(smallest_area=2))
    assert drawn(kept) == ["#...", ".#..", "...."]
    assert not decide(scores, 1, PostProcessing(smallest_area=3)).any()


def test_the_border_is_never_called():
    assert drawn(decide(np.ones((4, 5)), 1, PostProcessing(border=1))) == [
        ".....",
        ".###.",
        ".###.",
        ".....",
    ]
    assert not decide(np.ones((4, 5)), 1, PostProcessing(border=9)).any()


def test_opening_drops_what_a_disc_does_not_fit_into():
    scores = picture("1111111", "1110000", "1110000")
    assert drawn(decide(scores, 1, PostProcessing(opening=1))) == ["###....", "###....", "###...."]


def test_steps_come_in_their_order():
    # The border takes the strong pixel in the corner first, so nothing grows from it.
    scores = picture("95000", "05500", "00000")
    assert not decide(scores, 9, PostProcessing(border=1), weak_threshold=5).any()


COUNTED = np.array([[letter == "1" for letter in row] for row in ("11011", "11011", "11011")])


def test_ignored_pixels_are_never_called():
    assert drawn(decide(np.ones((3, 5)), 1, counted=COUNTED)) == ["##.##", "##.##", "##.##"]


def test_ignored_pixels_do_not_make_a_region_large_enough():
    scores = picture("01100", "00100", "00100")
    assert drawn(decide(scores, 1, PostProcessing(smallest_area=2))) == [".##..", "..#..", "..#.."]
    assert not decide(scores, 1, PostProcessing(smallest_area=2), counted=COUNTED).any()


def test_hysteresis_does_not_grow_across_ignored_pixels():
    scores = picture("95555", "00000", "00000")
    grown = decide(scores, 9, weak_threshold=5, counted=COUNTED)
    assert drawn(grown) == ["##...", ".....", "....."]


def test_opening_finds_no_room_in_ignored_pixels():
    scores = picture("00111", "00111", "00111")
    assert decide(scores, 1, PostProcessing(opening=1)).sum() == 9
    assert not decide(scores, 1, PostProcessing(opening=1), counted=COUNTED).any()
