import pytest

from images.dataset import GOOD
from images.errors import ImageError
from images.open import named_files
from images.roles.understanding import problem, understand
from tests.images.layouts.made import image, judged, mask, read

MINIATURE = {
    "train/cat/1.png": image(1),
    "train/cat/2.png": image(2),
    "train/Dog/1.png": image(3),
    "test/cat/3.png": image(4),
    "test/dog/4.png": image(5),
    "test/bird/5.png": image(6),
    "ground_truth/bird/5_mask.png": mask(),
}


def test_a_mask_beside_its_image_is_no_test_image() -> None:
    beside = {key: data for key, data in MINIATURE.items() if not key.startswith("ground_truth")}
    data = read({**beside, "test/bird/5_mask.png": mask()})
    assert judged(data)["test/bird/5.png"] == ("bird", 2)
    assert len(data.test) == 3


def classes(data) -> dict[str, str | None]:
    return {each.name: each.known_class for each in (*data.normal, *data.test)}


def test_how_it_is_read() -> None:
    data = read(MINIATURE)
    assert data.understood == (
        "Read as Known classes: 3 normal images of 2 known classes for training, 3 test images of "
        "2 kinds, 1 mask."
    )
    assert data.known_classes == ("cat", "Dog")
    assert judged(data) == {
        "test/bird/5.png": ("bird", 2),
        "test/cat/3.png": (GOOD, None),
        "test/dog/4.png": (GOOD, None),
    }
    assert classes(data) == {
        "train/cat/1.png": "cat",
        "train/cat/2.png": "cat",
        "train/Dog/1.png": "Dog",
        "test/bird/5.png": None,
        "test/cat/3.png": "cat",
        "test/dog/4.png": "Dog",
    }
    text = {finding.name: finding.text for finding in data.findings}
    assert text["train/cat/1.png"].startswith("Normal image of the class cat: ")
    assert text["test/dog/4.png"].startswith("Test image of the known class Dog: ")


@pytest.mark.parametrize(
    "without",
    [
        ("test/bird/5.png", "ground_truth/bird/5_mask.png"),  # all of test is known
        ("test/cat/3.png", "test/dog/4.png"),  # nothing of test is
    ],
)
def test_doubtful_sets_are_asked_about_and_can_be_chosen(without: tuple[str, ...]) -> None:
    files = {name: data for name, data in MINIATURE.items() if name not in without}
    data = read(files)
    assert data.undecided == ("train/cat", "train/Dog")
    assert problem(data) == (
        "The role of the folders train/cat, train/Dog in set is unknown; expected a role for each "
        "folder, or the layout known-classes if each is a class of normal images."
    )
    chosen = read(files, layout="known-classes")
    assert chosen.known_classes == ("cat", "Dog")
    assert problem(chosen, needs_classes=True) is None


@pytest.mark.parametrize("folder", ["defect", "Not-OK"])
def test_a_folder_of_defective_images_is_no_class(folder: str) -> None:
    renamed = {name.replace("Dog", folder).replace("dog", folder): data
               for name, data in MINIATURE.items()}  # fmt: skip
    assert read(renamed).undecided == ("train/cat", f"train/{folder}")


def test_one_folder_is_no_set_of_classes() -> None:
    files = {name: data for name, data in MINIATURE.items() if "train/Dog" not in name}
    with pytest.raises(ImageError, match="at least two of them"):
        read(files, layout="known-classes")


def test_classes_can_be_given_as_roles() -> None:
    files = named_files(pile=MINIATURE.items(), name="set")
    roles = {"train/cat/": "normal/pets", "train/Dog/": "normal/bird"}
    data = understand(files, roles, layout="by-name")
    assert data.known_classes == ("pets", "bird")
    assert {each.name: each.kind for each in data.test} == {
        "test/bird/5.png": GOOD,
        "test/cat/3.png": "cat",
        "test/dog/4.png": "dog",
    }


def test_what_is_said_when_all_methods_need_classes() -> None:
    data = read({"train/good/1.png": image(1), "test/bad/2.png": image(2)})
    assert problem(data) is None
    assert "has no known classes; expected each normal image" in (
        problem(data, needs_classes=True) or ""
    )
