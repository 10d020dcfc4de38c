"""What names say: roles, kinds, and which mask belongs to which image."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from images.roles.naming import (
    Place,
    is_good,
    natural_order,
    pair,
    places,
    several_sets,
    shared_top,
    split_of,
)


def said(*names: str) -> dict[str, tuple[str, str | None]]:
    return {place.name: (place.role, place.kind) for place in places(names)}


def paired(*names: str) -> dict[str, str]:
    """Image names by the name of their mask."""
    found = places(names)
    masks = [place for place in found if place.role == "mask"]
    images = [place for place in found if place.role in ("normal", "test")]
    by_image, _ = pair(masks, images)
    return {mask: image for image, of_it in by_image.items() for mask in of_it}


def test_the_usual_layout() -> None:
    assert said(
        "train/good/000.png",
        "test/good/000.png",
        "test/broken/000.png",
        "test/a.png",
        "ground_truth/broken/000_mask.png",
    ) == {
        "train/good/000.png": ("normal", "good"),
        "test/good/000.png": ("test", "good"),
        "test/broken/000.png": ("test", "broken"),
        "test/a.png": ("test", None),
        "ground_truth/broken/000_mask.png": ("mask", None),
    }


@pytest.mark.parametrize("good", ["good", "Good", "OK", "normal", "Non-Defective", "defect_free"])
def test_words_for_normal_images(good: str) -> None:
    assert said(f"train/{good}/1.png", f"test/{good}/2.png") == {
        f"train/{good}/1.png": ("normal", "good"),
        f"test/{good}/2.png": ("test", "good"),
    }
    assert said(f"{good}/3.png") == {f"{good}/3.png": ("normal", "good")}


@pytest.mark.parametrize(
    "folder",
    ["ok_front", "Good Parts", "normal-images", "OK", "good_back", "img_ok"],
)
def test_a_word_for_normal_images_beside_what_is_seen(folder: str) -> None:
    assert is_good(folder)


@pytest.mark.parametrize(
    "folder", ["not_ok", "nok", "no good", "abnormal", "def_front", "front", "ok_ng", "normal_map"]
)
def test_no_word_for_normal_images(folder: str) -> None:
    assert not is_good(folder)


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("train", "train"),
        ("Training Images", "train"),
        ("trainset", "train"),
        ("train_2", "train"),
        ("test_public", "test"),
        ("test-set", "test"),
        ("Test Images", "test"),
        ("testA", "test"),
        ("test1", "test"),
        ("eval", "test"),
        ("evaluation_set", "test"),
        ("val", "validation"),
        ("valid", "validation"),
        ("validation2", "validation"),
        ("trainer", None),
        ("evaluator", None),
        ("contest", None),
        ("latest", None),
        ("value", None),
        ("測試", None),
    ],
)
def test_which_split_a_folder_is(folder: str, split: str | None) -> None:
    assert split_of(folder) == split


@pytest.mark.parametrize(
    "folder", ["test_public", "test-set", "Test Images", "test1", "eval", "holdout", "new/line 2"]
)
@pytest.mark.parametrize("below", ["good/", "ok/", ""])
def test_nothing_outside_train_is_learned(folder: str, below: str) -> None:
    name = f"{folder}/{below}1.png"
    assert said("train/good/0.png", name)[name] == ("test", "good" if below else None)


@pytest.mark.parametrize("folder", ["val", "valid", "validation_set", "val1"])
def test_validation_images_beside_train_are_not_used(folder: str) -> None:
    name = f"{folder}/good/1.png"
    assert said("train/good/0.png", name)[name] == ("not used", None)


def test_a_good_folder_on_top_is_not_learned_beside_train() -> None:
    names = ["train/good/0.png", "good/1.png", "scratch/2.png"]
    found = said(*names)
    assert found["good/1.png"] == ("test", "good")
    assert found["scratch/2.png"] == ("test", "scratch")


@pytest.mark.parametrize("folders", [("0", "1"), ("perfect", "anomaly"), ("camera1",)])
def test_unknown_folders_in_train_are_undecided(folders: tuple[str, ...]) -> None:
    names = [f"train/{folder}/a/x.png" for folder in folders]
    for place in places([*names, "test/good/y.png"])[: len(names)]:
        assert (place.role, place.kind) == ("undecided", None)
        assert place.folder == place.name.removesuffix("/a/x.png")


def test_a_split_and_a_kind_in_one_name() -> None:
    assert said("train_good/1.png", "train_bad/2.png", "test_ok/3.png", "test bent/4.png") == {
        "train_good/1.png": ("normal", "good"),
        "train_bad/2.png": ("not used", None),
        "test_ok/3.png": ("test", "good"),
        "test bent/4.png": ("test", "bent"),
    }
    assert said("test_public/1.png", "test line 2/2.png") == {
        "test_public/1.png": ("test", None),
        "test line 2/2.png": ("test", None),
    }


@pytest.mark.parametrize("folder", ["train_bad", "Training Bottle"])
def test_a_training_folder_with_another_word_is_undecided(folder: str) -> None:
    (place,) = places([f"{folder}/a.png"])
    assert (place.role, place.folder) == ("undecided", folder)


@pytest.mark.parametrize(
    "folder", ["train_set", "train_images", "Training Data 2", "train_512x512"]
)
def test_a_training_folder_with_a_word_that_says_nothing(folder: str) -> None:
    assert said(f"{folder}/a.png")[f"{folder}/a.png"] == ("normal", "good")


def test_casting_data() -> None:
    assert said("train/ok_front/1.jpeg", "train/def_front/2.jpeg", "test/def_front/3.jpeg") == {
        "train/ok_front/1.jpeg": ("normal", "good"),
        "train/def_front/2.jpeg": ("not used", None),
        "test/def_front/3.jpeg": ("test", "def_front"),
    }


def test_folders_beside_a_good_one_are_kinds() -> None:
    assert said("Images/Normal/1.jpg", "Images/Anomaly/1.jpg", "Masks/Anomaly/1.png") == {
        "Images/Normal/1.jpg": ("normal", "good"),
        "Images/Anomaly/1.jpg": ("test", "Anomaly"),
        "Masks/Anomaly/1.png": ("mask", None),
    }


def test_nobody_has_said_the_kind_of_loose_files() -> None:
    assert said("a.png", "b.png") == {"a.png": ("test", None), "b.png": ("test", None)}
    assert said("monday/a.png") == {"monday/a.png": ("test", None)}


def test_training_images_need_no_good_folder() -> None:
    assert said("train/a.png", "train/images/b.png", "Train Images/c.png") == {
        "train/a.png": ("normal", "good"),
        "train/images/b.png": ("normal", "good"),
        "Train Images/c.png": ("normal", "good"),
    }
    assert said("train/good/a.png", "train/b.png")["train/b.png"] == ("not used", None)


def test_training_images_of_another_kind_are_not_used() -> None:
    assert said("train/good/a.png", "train/hole/b.png")["train/hole/b.png"] == ("not used", None)


def test_validation_images_are_not_used() -> None:
    assert said("train/good/a.png", "validation/good/b.png")["validation/good/b.png"] == (
        "not used",
        None,
    )


@pytest.mark.parametrize(
    "mask",
    [
        "a_mask.png",
        "a_MASK.PNG",
        "a-mask.tif",
        "a.mask.png",
        "a mask.png",
        "a_masks.png",
        "a_gt.png",
        "a_GT.png",
        "a_groundtruth.png",
        "a_ground_truth.png",
        "a_label.bmp",
        "mask_a.png",
        "gt-a.png",
        "masks/a.png",
        "masks/a_mask.png",
        "Mask/a.tif",
        "ground_truth/a.png",
        "Ground Truth/a.png",
        "GroundTruth/a_gt.png",
        "gt/a.png",
        "annotations/a.png",
        "labels/a.png",
        "Label/a_label.png",
        "segmentation/a.png",
        "seg/a.png",
        "Mask_images/a_mask.png",
        "a_mask_1.png",
        "a_mask2.png",
        "a-gt-03.png",
    ],
)
def test_conventions_of_naming_a_mask(mask: str) -> None:
    assert paired("a.png", "b.png", mask) == {mask: "a.png"}


def test_a_mask_with_the_ending_of_its_image() -> None:
    assert paired("a.jpg", "a.png", "masks/a.jpg.png") == {"masks/a.jpg.png": "a.jpg"}
    assert paired("A.JPG", "masks/a.jpg_mask.png") == {"masks/a.jpg_mask.png": "A.JPG"}
    assert paired("a.jpg", "b.jpg", "a.jpg.png") == {"a.jpg.png": "a.jpg"}
    assert said("a.jpg.png", "lot.1.png") == {
        "a.jpg.png": ("test", None),
        "lot.1.png": ("test", None),
    }
    assert paired("a", "masks/a.png") == {"masks/a.png": "a"}


def test_a_word_in_front_needs_its_image_beside() -> None:
    assert said("mask_01.png", "shipping_label.png") == {
        "mask_01.png": ("test", None),
        "shipping_label.png": ("test", None),
    }
    assert said("a_mask.png") == {"a_mask.png": ("mask", None)}


def test_a_kind_may_be_called_label() -> None:
    """Of a bottle, say: the folder is one of masks only where it stands for images."""
    names = ["train/good/0.png", "test/good/0.png", "test/label/0.png"]
    names += ["ground_truth/label/0_mask.png"]
    assert said(*names)["test/label/0.png"] == ("test", "label")
    assert paired(*names) == {"ground_truth/label/0_mask.png": "test/label/0.png"}
    assert said("good/0.png", "label/0.png")["label/0.png"] == ("test", "label")
    assert said("labels/shipping 1.png", "a.png")["labels/shipping 1.png"] == ("test", None)


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("test/Ungood/img/1.png", "test/Ungood/label/1.png"),
        ("test/images/1.png", "test/labels/1.png"),
        ("test/bent/1.png", "test/labels/bent/1.png"),
        ("test/bent/1.png", "labels/bent/1.png"),
        ("test/bent/1.png", "labels/1.png"),
        ("Train/0576.PNG", "Train/Label/0576_label.PNG"),
        ("test_images/bent/1.png", "test_masks/bent/1.png"),
        ("test/Ungood/img/1.png", "test/Ungood/anomaly_mask/1.png"),
    ],
)
def test_folders_of_labels_beside_images(image: str, mask: str) -> None:
    assert paired(image, mask) == {mask: image}


def test_a_mask_in_a_split_belongs_to_an_image_of_the_same_split() -> None:
    names = ["Train/1.PNG", "Test/1.PNG", "Train/Label/1_label.PNG", "Test/Label/1_label.PNG"]
    assert paired(*names) == {
        "Train/Label/1_label.PNG": "Train/1.PNG",
        "Test/Label/1_label.PNG": "Test/1.PNG",
    }
    assert paired("test/x/1.png", "valid/x/1.png", "valid/x/label/1.png") == {}


def test_a_kind_may_end_with_mask() -> None:
    names = ["train/good/0.png", "test/good/0.png", "test/wrong mask/0.png"]
    assert said(*names)["test/wrong mask/0.png"] == ("test", "wrong mask")


def test_numbered_masks_are_parts_of_one() -> None:
    assert paired("test/x/a.png", "test/x/a_mask_1.png", "test/x/a_mask_2.png") == {
        "test/x/a_mask_1.png": "test/x/a.png",
        "test/x/a_mask_2.png": "test/x/a.png",
    }
    assert said("lot_gt_500.png") == {"lot_gt_500.png": ("test", None)}


@pytest.mark.parametrize("name", ["wafer_mask.png", "golf GT.jpg", "lot.gt.png"])
def test_an_image_in_a_folder_with_a_role_may_be_called_like_a_mask(name: str) -> None:
    found = said(f"train/good/{name}", f"test/good/{name}", "test/hole/golf.jpg")
    assert found[f"train/good/{name}"] == ("normal", "good")
    assert found[f"test/good/{name}"] == ("test", "good")


def test_what_a_person_said_wins_over_a_name() -> None:
    names = ["normal/wafer_mask.png", "normal/wafer.png", "masks/b.png", "test/a_mask.png"]
    found = places(
        names, {names[0]: "normal", names[1]: "normal", names[2]: "masks", names[3]: "test"}
    )
    assert [place.role for place in found] == ["normal", "normal", "mask", "test"]
    assert found[0].warning == (
        "normal/wafer_mask.png is named like the mask of another image, but was uploaded as normal."
    )
    assert found[1].warning == ""


def test_equal_names_in_two_kinds() -> None:
    assert paired(
        "test/bent/000.png",
        "test/hole/000.png",
        "ground_truth/bent/000_mask.png",
        "ground_truth/hole/000_mask.png",
    ) == {
        "ground_truth/bent/000_mask.png": "test/bent/000.png",
        "ground_truth/hole/000_mask.png": "test/hole/000.png",
    }


def test_a_mask_of_another_kind_is_not_taken() -> None:
    assert paired("test/hole/000.png", "ground_truth/bent/000_mask.png") == {}


def test_masks_in_one_folder_for_images_in_several() -> None:
    assert paired("test/bent/1.png", "test/hole/2.png", "masks/1.png", "masks/2.png") == {
        "masks/1.png": "test/bent/1.png",
        "masks/2.png": "test/hole/2.png",
    }
    found = places(["test/bent/1.png", "test/hole/1.png", "masks/1.png"])
    by_image, alone = pair([found[2]], found[:2])
    assert by_image == {}
    assert alone == {"masks/1.png": "may belong to test/bent/1.png or test/hole/1.png"}


def test_a_mask_goes_to_the_test_image_rather_than_a_normal_one() -> None:
    names = ("train/good/000.png", "test/hole/000.png", "masks/000.png")
    assert paired(*names) == {"masks/000.png": "test/hole/000.png"}


def test_a_mask_beside_its_image() -> None:
    names = ("train/good/0.png", "test/hole/0.png", "test/hole/0_mask.png", "test/bent/0.png")
    assert paired(*names) == {"test/hole/0_mask.png": "test/hole/0.png"}


def test_names_are_paired_by_letters_not_by_bytes() -> None:
    composed = unicodedata.normalize("NFC", "Prüfung ä.png")
    apart = unicodedata.normalize("NFD", "masks/Prüfung ä.png")
    assert paired(composed, apart) == {apart: composed}
    assert paired("IMG_1.PNG", "masks/img_1.png") == {"masks/img_1.png": "IMG_1.PNG"}


def test_case_tells_two_images_apart() -> None:
    assert paired("a.png", "A.png", "a_mask.png", "A_mask.png") == {
        "a_mask.png": "a.png",
        "A_mask.png": "A.png",
    }


def test_natural_order() -> None:
    names = ["10.png", "2.png", "1.png", "b2", "B1", "a10", "a9", "a09", "02.png"]
    assert sorted(names, key=natural_order) == [
        "1.png",
        "02.png",
        "2.png",
        "10.png",
        "a09",
        "a9",
        "a10",
        "B1",
        "b2",
    ]
    assert sorted(["9" * 5000, "8" * 5000], key=natural_order) == ["8" * 5000, "9" * 5000]


@pytest.mark.parametrize(
    ("names", "top"),
    [
        (["grid/train/good/1.png", "grid/test/good/1.png"], "grid/"),
        (["train/good/1.png", "train/good/2.png"], ""),
        (["test/train/good/1.png", "test/test/good/1.png"], "test/"),
        (["a.png", "b/a.png"], ""),
        (["a/x.png", "b/x.png"], ""),
        ([], ""),
    ],
)
def test_the_folder_that_all_share(names: list[str], top: str) -> None:
    assert shared_top(names) == top


def test_several_data_sets() -> None:
    assert several_sets(["cable/train/good/1.png", "bottle/train/good/1.png"]) == [
        "bottle",
        "cable",
    ]
    assert several_sets(["cable/train/good/1.png", "cable/test/good/1.png"]) == []


stems = st.text("abcäß01_. -", min_size=1, max_size=6).filter(lambda stem: stem.strip("._- "))


@given(st.sets(stems, min_size=1, max_size=8), st.sampled_from(["masks/{}.png", "gt/{}_mask.bmp"]))
@settings(deadline=None, max_examples=200)
def test_pairing_finds_every_mask_whatever_the_order(names: set[str], pattern: str) -> None:
    images = [Place(f"test/{stem}.tif", ("test",), stem, "test") for stem in names]
    masks = places([pattern.format(stem) for stem in names])
    by_image, alone = pair(masks, images)
    backwards, _ = pair(masks[::-1], images[::-1])
    assert by_image == backwards
    assert not alone
    for stem in names:
        assert by_image[f"test/{stem}.tif"][0] in {pattern.format(other) for other in names}
    exact = [name for name in names if by_image[f"test/{name}.tif"] == [pattern.format(name)]]
    assert len(exact) == len(names)
