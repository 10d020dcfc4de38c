"""COCO."""

import json
from typing import Any

import pytest

from images.annotations.coco import unpacked
from tests.images.annotations.made import box, data_set, finding, kinds, pixels
from tests.images.layouts.made import image, mask


def coco(*marks: dict[str, Any], **more: Any) -> bytes:
    """An annotation file for a.png and b.png; marks without an image are on the first."""
    whole = {
        "images": [
            {"id": 1, "file_name": "a.png", "width": 8, "height": 6},
            {"id": 2, "file_name": "b.png", "width": 8, "height": 6},
        ],
        "categories": [{"id": 5, "name": "scratch"}, {"id": 6, "name": "dent"}],
        "annotations": [{"image_id": 1, "category_id": 5, **mark} for mark in marks],
    }
    return json.dumps({**whole, **more}).encode()


BOX = {"segmentation": [[2, 1, 5, 1, 5, 4, 2, 4]]}


def test_polygons_are_masks_and_an_image_without_any_is_good() -> None:
    data = data_set({"annotations.json": coco(BOX, {"segmentation": [[6, 0, 8, 0, 8, 1, 6, 1]]})})
    assert pixels(data, "a.png") == [[0, 6], [0, 7], *box(range(1, 4), range(2, 5))]
    assert pixels(data, "b.png") == []
    assert kinds(data) == {"a.png": "scratch", "b.png": "good"}
    assert finding(data, "annotations.json") == (
        "labels", "annotations.json marks 2 of the 2 images that it lists, as COCO.", ""
    )  # fmt: skip
    assert data.understood.endswith(" What annotations.json (COCO) marks is treated as a defect.")


@pytest.mark.parametrize("counts", [[6, 1, 41], "61Y1"])
def test_run_lengths_go_down_the_columns(counts: list[int] | str) -> None:
    """Of six rows the seventh pixel is the top of the second column."""
    marks = {"segmentation": {"size": [6, 8], "counts": counts}, "category_id": 6}
    data = data_set({"annotations.json": coco(BOX, marks)})
    assert pixels(data, "a.png") == [[0, 1], *box(range(1, 4), range(2, 5))]
    assert kinds(data)["a.png"] == "dent+scratch"


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("", []),
        ("61Y1", [6, 1, 41]),
        ("2131U1", [2, 1, 3, 2, 40]),  # from the fourth on differences: 2 - 1 and 40 - 3
        ("453LP1", [4, 5, 3, 1, 35]),  # 1 - 5 is negative
    ],
)
def test_packed_run_lengths(text: str, lengths: list[int]) -> None:
    assert unpacked(text) == lengths


@pytest.mark.parametrize("text", ["Y", "6 1", "\u00e9", "o" * 40])
def test_packed_run_lengths_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="run lengths"):
        unpacked(text)


def test_a_training_image_with_a_mark_is_not_learned_from() -> None:
    images = [{"id": 1, "file_name": "1.png"}, {"id": 2, "file_name": "2.png"}]
    files = {
        "train/good/1.png": image(3),
        "train/good/2.png": image(4),
        "labels.json": coco(BOX, images=images),
    }
    data = data_set(files)
    assert [picture.name for picture in data.normal] == ["train/good/2.png"]
    assert finding(data, "train/good/1.png")[1] == (
        "train/good/1.png is marked as defective in labels.json, so it is not used for training."
    )
    by_hand = data_set(files, {"train/good/1.png": "normal"})
    assert len(by_hand.normal) == 2
    assert finding(by_hand, "train/good/1.png")[2] == (
        "train/good/1.png was labelled as normal, but labels.json marks a defect in it."
    )
    assert len(data_set(files, {"labels.json": "not used"}).normal) == 2


def test_a_mere_box_tells_that_there_is_a_defect_but_not_where() -> None:
    data = data_set({"annotations.json": coco({"bbox": [0, 0, 2, 2], "segmentation": []})})
    assert pixels(data, "a.png") is None
    assert kinds(data)["a.png"] == "scratch"
    assert finding(data, "a.png")[2] == (
        "annotations.json marks only points, lines or boxes in a.png, so there is no mask for it."
    )


def test_a_mask_of_its_own_wins() -> None:
    data = data_set({"annotations.json": coco(BOX), "a_mask.png": mask()})
    assert pixels(data, "a.png") == [[1, 3], [2, 3]]
    assert "a.png has its own mask" in finding(data, "a.png")[2]


def test_an_image_of_another_size_is_told() -> None:
    images = [{"id": 1, "file_name": "a.png", "width": 80, "height": 60}]
    data = data_set({"annotations.json": coco(BOX, images=images)})
    assert pixels(data, "a.png") is None
    assert kinds(data)["a.png"] is None
    assert finding(data, "a.png")[2] == (
        "annotations.json describes a.png with a different size, so it is not used there."
    )


def test_run_lengths_that_do_not_fit_are_told() -> None:
    marks = {"segmentation": {"size": [6, 8], "counts": [6, 1]}}
    data = data_set({"annotations.json": coco(marks)})
    assert pixels(data, "a.png") is None
    assert finding(data, "a.png")[2] == (
        "annotations.json holds, for an image of 8 x 6 pixels, run lengths for 7 pixels, of 8 x 6, "
        "so a.png has no mask."
    )


def test_a_polygon_outside_its_image_is_told() -> None:
    marks = {"segmentation": [[20, 20, 30, 20, 30, 30]]}
    data = data_set({"annotations.json": coco(marks)})
    assert finding(data, "a.png")[2] == (
        "annotations.json marks no pixels in a.png, which has the kind scratch."
    )


def test_images_are_found_by_folder_where_names_are_equal() -> None:
    images = [{"id": 1, "file_name": "x/1.png"}, {"id": 2, "file_name": "3.png"}]
    files = {
        "test/x/1.png": image(3),
        "test/y/1.png": image(4),
        "set.json": coco(BOX, images=images),
    }
    data = data_set(files)
    assert pixels(data, "test/x/1.png") == box(range(1, 4), range(2, 5))
    assert pixels(data, "test/y/1.png") is None
    assert "marks 1 of the 2 images that it lists" in finding(data, "set.json")[1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (coco(annotations=[3]), "annotations that are not a list of objects"),
        (coco(annotations=[{}]), "no 'image_id'"),
        (coco({"segmentation": [[1, 2, 3]]}), "3 numbers for a polygon"),
        (coco({"segmentation": [["x"] * 6]}), "could not convert string to float"),
        (coco({"segmentation": {"size": [6, 8], "counts": "6 1"}}), "with the invalid letter ' '"),
        (coco({"segmentation": {"size": [6], "counts": []}}), "not enough values to unpack"),
        (coco(images=[{"id": 1, "file_name": "a", "width": 1e400, "height": 1}]), "infinity"),
    ],
)
def test_a_damaged_file_is_not_used_and_the_rest_goes_on(text: bytes, reason: str) -> None:
    data = data_set({"annotations.json": text})
    assert len(data.test) == 2
    role, said, _ = finding(data, "annotations.json")
    assert role == "not used"
    assert said.startswith("annotations.json is not a valid COCO file: ")
    assert reason in said


def test_other_json_is_no_annotation() -> None:
    data = data_set(
        {"config.json": b'{"images": 3}', "broken.json": b"{", "deep.json": b"[" * 9999}
    )
    for name in ("config.json", "broken.json", "deep.json"):
        assert "is not a readable image" in finding(data, name)[1]


def test_two_files_that_mark_one_image_are_told() -> None:
    data = data_set({"1.json": coco(BOX), "2.json": coco()})
    assert pixels(data, "a.png") == box(range(1, 4), range(2, 5))
    assert finding(data, "2.json")[:2] == (
        "not used", "2.json marks a.png, which 1.json marks already."
    )  # fmt: skip
