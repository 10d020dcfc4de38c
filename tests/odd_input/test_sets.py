"""Sets of every shape: each file gets a finding, and what can be used is used."""

import io
import os
import re
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from images.dataset import DataSet, Picture
from images.errors import AnomalyError, ImageError
from images.open import find_files, from_files, named_files, open_folder, open_path, open_zip
from images.reading import limits
from images.reading.files import folder_files
from images.roles.understanding import problem, understand
from images.roles.uses import ROLES
from tests.odd_input.encoding import archive, encoded, grey, tiff


def image(seed: int = 0) -> bytes:
    return encoded(grey(6, 5, seed), "PNG")


def mask() -> bytes:
    return encoded((grey(6, 5) > 200).astype(np.uint8), "PNG")


USUAL = {
    "train/good/1.png": image(1),
    "train/good/2.png": image(2),
    "test/good/3.png": image(3),
    "test/hole/4.png": image(4),
    "ground_truth/hole/4_mask.png": mask(),
}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def outline(data: DataSet) -> tuple[list[str], list[tuple[str, str | None, bool]]]:
    return (
        [picture.name for picture in data.normal],
        [(picture.name, picture.kind, picture.read_mask is not None) for picture in data.test],
    )


def pictures(data: DataSet) -> list[Picture]:
    return [*data.normal, *data.test]


def texts(data: DataSet) -> dict[str, str]:
    return {finding.name: finding.text for finding in data.findings}


EXPECTED = (
    ["train/good/1.png", "train/good/2.png"],
    [("test/good/3.png", "good", False), ("test/hole/4.png", "hole", True)],
)


def test_a_folder_an_archive_and_uploads_are_understood_alike(tmp_path: Path) -> None:
    folder = open_path(write(tmp_path / "parts", USUAL))
    (tmp_path / "parts.zip").write_bytes(archive(USUAL))
    zipped = open_path(tmp_path / "parts.zip")
    piled = from_files(pile=USUAL.items(), name="parts")
    for data in (folder, zipped, piled):
        assert data.name == "parts"
        assert outline(data) == EXPECTED
        assert data.findings == folder.findings
        for mine, first in zip(pictures(data), pictures(folder), strict=True):
            assert (mine.read() == first.read()).all()
    assert {finding.role for finding in folder.findings} == {"normal", "test", "mask"}
    assert len(folder.findings) == len(USUAL)


def test_how_each_file_was_understood_stands_in_a_sentence() -> None:
    assert texts(from_files(pile=USUAL.items())) == {
        "ground_truth/hole/4_mask.png": "Mask of test/hole/4.png: 5 x 6, 8-bit grey PNG.",
        "test/good/3.png": "Test image of kind good: 5 x 6, 8-bit grey PNG.",
        "test/hole/4.png": "Test image of kind hole: 5 x 6, 8-bit grey PNG; "
        "mask ground_truth/hole/4_mask.png.",
        "train/good/1.png": "Normal image: 5 x 6, 8-bit grey PNG.",
        "train/good/2.png": "Normal image: 5 x 6, 8-bit grey PNG.",
    }


def test_a_set_under_one_top_folder() -> None:
    nested = {f"my parts/{name}": data for name, data in USUAL.items()}
    data = open_zip(archive(nested), "download.zip")
    assert data.name == "my parts"
    assert outline(data) == EXPECTED
    with_readme = {**nested, "readme.txt": b"about"}
    assert len(open_zip(archive(with_readme)).normal) == 2


def test_an_archive_whose_names_begin_with_a_dot() -> None:
    assert (
        outline(open_zip(archive({f"./{name}": data for name, data in USUAL.items()}))) == EXPECTED
    )


def test_an_archive_made_on_windows() -> None:
    data = open_zip(archive({name.replace("/", "\\"): data for name, data in USUAL.items()}))
    assert outline(data) == EXPECTED


def test_files_by_role() -> None:
    data = from_files(
        normal=[("1.png", image(1)), ("2.png", image(2))],
        test=[("1.png", image(3)), ("hole/4.png", image(4))],
        masks=[("4_mask.png", mask())],
    )
    assert outline(data) == (
        ["normal/1.png", "normal/2.png"],
        [("test/1.png", None, False), ("test/hole/4.png", "hole", True)],
    )


@pytest.mark.parametrize(
    ("keep", "sentence"),
    [
        ("train", "parts has no test images; expected some in folders such as test/good and "
         "test/scratch or with the role test."),
        ("test", "parts has no normal images for training; expected some in a folder train/good "
         "or with the role normal."),
    ],
)  # fmt: skip
def test_a_set_of_one_half_says_what_is_missing(keep: str, sentence: str) -> None:
    half = {name: data for name, data in USUAL.items() if name.startswith(keep)}
    data = from_files(pile=half.items(), name="parts")
    assert problem(data) == sentence
    assert len(data.normal) + len(data.test) == 2


def test_a_whole_set_has_no_problem() -> None:
    assert problem(from_files(pile=USUAL.items())) is None


def test_one_image_and_none() -> None:
    data = from_files(test=[("a.png", image())])
    assert len(data.test) == 1
    assert problem(from_files()) is not None


def test_files_that_cannot_be_used_are_not_used_and_the_rest_goes_on() -> None:
    data = from_files(
        pile=[
            *USUAL.items(),
            ("train/good/empty.png", b""),
            ("train/good/text.png", b"this is no image"),
            ("notes.txt", b"hello"),
            ("Thumbs.db", b"x"),
            ("train/good/.DS_Store", b"x"),
            ("__MACOSX/train/good/._1.png", b"x"),
        ]
    )
    assert outline(data) == EXPECTED
    left = {finding.name: finding.text for finding in data.findings if finding.role == "not used"}
    expected = "a PNG, JPEG, TIFF, BMP, WebP, GIF, JPEG 2000, HEIC or DICOM image"
    assert (
        left.pop("train/good/empty.png") == f"train/good/empty.png is empty; expected {expected}."
    )
    for name in ("train/good/text.png", "notes.txt"):
        assert left.pop(name) == f"{name} is not a readable image; expected {expected}."
    for name in ("Thumbs.db", "train/good/.DS_Store", "__MACOSX/train/good/._1.png"):
        assert left.pop(name) == f"{name} is a hidden or system file."
    assert left == {}


def test_a_second_file_of_the_same_name_is_kept_under_another() -> None:
    both = [("a.png", image(1)), ("a.png", image(2)), ("a (2).png", image(3))]
    data = from_files(normal=both)
    assert texts(data) == {
        "normal/a.png": "Normal image: 5 x 6, 8-bit grey PNG.",
        "normal/a (2).png": "Normal image: 5 x 6, 8-bit grey PNG; uploaded as normal/a.png, a "
        "name that another file has too.",
        "normal/a (2) (2).png": "Normal image: 5 x 6, 8-bit grey PNG; uploaded as "
        "normal/a (2).png, a name that another file has too.",
    }
    pixels = {picture.name: picture.read() for picture in data.normal}
    for seed, name in ((1, "a.png"), (2, "a (2).png"), (3, "a (2) (2).png")):
        expected = np.float32(grey(6, 5, seed)) / np.float32(255)
        assert (pixels[f"normal/{name}"] == expected).all()


def test_the_same_file_handed_in_twice_counts_once() -> None:
    data = from_files(normal=[("a.png", image(1)), ("a.png", image(1))])
    assert [picture.name for picture in data.normal] == ["normal/a.png"]
    assert "normal/a.png is a copy of another file with the same name." in [
        finding.text for finding in data.findings
    ]


def test_a_mask_for_one_of_two_images_of_its_name_is_not_guessed() -> None:
    data = from_files(
        test=[("a.png", image(1)), ("a.png", image(2))], masks=[("a_mask.png", mask())]
    )
    assert not any(picture.read_mask for picture in data.test)
    assert texts(data)["masks/a_mask.png"] == (
        "masks/a_mask.png may belong to test/a (2).png or test/a.png."
    )


def test_a_name_that_stands_twice_in_an_archive_is_not_used() -> None:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as opened:
        warnings.simplefilter("ignore")
        opened.writestr("train/good/a.png", image(1))
        opened.writestr("train/good/a.png", image(2))
    data = open_zip(buffer.getvalue())
    assert len(data.normal) == 1
    assert "train/good/a.png has the same name as another file." in texts(data).values()


def test_the_same_name_in_two_folders() -> None:
    data = from_files(normal=[("a.png", image(1))], test=[("a.png", image(2))])
    assert [picture.name for picture in (*data.normal, *data.test)] == [
        "normal/a.png",
        "test/a.png",
    ]


def test_the_same_image_in_training_and_test_is_warned_of() -> None:
    same = encoded(grey(6, 5), "TIFF")
    files = named_files(
        normal=[("a.png", image()), ("b.png", image(1))],
        test=[("c.tif", same), ("d.png", image(2))],
    )
    files.check()
    warnings = {finding.name: finding.warning for finding in understand(files).findings}
    assert warnings.pop("test/c.tif") == (
        "test/c.tif is also used for training, as normal/a.png, so its score is meaningless."
    )
    assert not any(warnings.values())


def test_an_image_of_one_brightness_is_warned_of() -> None:
    files = named_files(normal=[("a.png", encoded(np.full((4, 4), 9, np.uint8), "PNG"))])
    files.check()
    assert (
        understand(files).findings[0].warning == "normal/a.png has the same brightness everywhere."
    )


def test_names_with_spaces_and_letters_of_all_alphabets(tmp_path: Path) -> None:
    names = [
        "Prüfung 1",
        "測試",
        "тест",
        "🙂 ok",
        "a'b\"c",
        "<script>alert(1)</script>",
        "=1+1",
        "%20",
    ]
    files = {f"test/{name.replace('/', '_')}.png": image(at) for at, name in enumerate(names)}
    masks = {f"masks/{name.replace('/', '_')}.png": mask() for name in names}
    for data in (
        open_folder(write(tmp_path / "set", {**files, **masks})),
        open_zip(archive({**files, **masks})),
    ):
        assert {picture.name for picture in data.test} == set(files)
        assert all(picture.read_mask for picture in data.test)


def test_names_that_are_no_text(tmp_path: Path) -> None:
    folder = os.fsencode(write(tmp_path / "set", USUAL))
    Path(os.fsdecode(folder + b"/train/good/\xff\xfe.png")).write_bytes(image(7))
    data = open_folder(tmp_path / "set")
    assert len(data.normal) == 3
    for finding in data.findings:
        finding.name.encode("utf-8")
        finding.text.encode("utf-8")


def test_a_sentence_stays_on_one_line() -> None:
    data = from_files(pile=[("a\nb\x1b[31m\u202e.png", b"")])
    assert data.findings[0].text.startswith("a\ufffdb\ufffd[31m\ufffd.png is empty")


def test_numbers_are_in_their_order() -> None:
    data = from_files(test=[(f"{number}.png", image(number)) for number in (10, 2, 1)])
    assert [picture.name for picture in data.test] == ["test/1.png", "test/2.png", "test/10.png"]


def test_several_data_sets_are_refused() -> None:
    both = {f"{part}/{name}": data for part in ("bottle", "cable") for name, data in USUAL.items()}
    sentence = "all holds 2 data sets (bottle, cable); expected one."
    with pytest.raises(ImageError, match=f"^{re.escape(sentence)}$"):
        from_files(pile=both.items(), name="all")


def test_folders_that_may_be_several_sets_are_told() -> None:
    names = ["bottle/good/1.png", "bottle/bent/2.png", "cable/good/3.png"]
    data = from_files(pile=[(name, image(at)) for at, name in enumerate(names)])
    assert data.understood.endswith(
        " The good images of 2 folders are used together for training: bottle, cable."
    )
    assert "together" not in from_files(pile=USUAL.items()).understood


def test_roles_by_hand_win() -> None:
    files = named_files(pile=[*USUAL.items(), ("x.png", image(9)), ("y.png", mask())])
    assert "x.png" in [picture.name for picture in understand(files).test]
    data = understand(
        files,
        {
            "x.png": "normal",
            "train/good/2.png": "test/dent",
            "test/good/3.png": "not used",
            "test/hole/4.png": "test",
            "y.png": "mask",
        },
    )
    assert outline(data) == (
        ["train/good/1.png", "x.png"],
        [("test/hole/4.png", None, True), ("train/good/2.png", "dent", False)],
    )
    assert texts(data)["test/good/3.png"] == "test/good/3.png was set to not used."
    assert texts(data)["y.png"] == "y.png is a mask without an image."
    assert outline(understand(files, {})) == outline(understand(files))
    with pytest.raises(AnomalyError, match="'banana' is not a role; expected one of normal, test"):
        understand(files, {"x.png": "banana"})
    for role in ROLES:
        understand(files, {"x.png": role})


def test_a_role_by_hand_for_a_folder() -> None:
    names = ["train/0/1.png", "train/0/deep/2.png", "train/1/3.png", "train/1/4.png"]
    files = named_files(pile=[(name, image(at)) for at, name in enumerate(names)], name="parts")
    data = understand(files)
    assert data.undecided == ("train/0", "train/1")
    assert problem(data) == (
        "The role of the folders train/0, train/1 in parts is unknown; expected a role for each "
        "folder, or the layout known-classes if each is a class of normal images."
    )
    assert {finding.role for finding in data.findings} == {"undecided"}
    assert texts(data)["train/0/1.png"] == (
        "train/0/1.png is in train/0; it is unknown whether that folder contains normal images."
    )
    assert data.understood == (
        "Read by folder and file names: 0 normal images for training, 0 test images, 0 masks. "
        "Please set a role for the folders train/0, train/1, or the layout known-classes if each "
        "is a class of normal images."
    )
    data = understand(
        files, {"train/0/": "normal", "train/0/deep/": "not used", "train/1/4.png": "test/hole"}
    )
    assert outline(data) == (["train/0/1.png"], [("train/1/4.png", "hole", False)])
    assert data.undecided == ("train/1",)
    assert "The role of the folder train/1 in parts is unknown" in str(problem(data))


def test_roles_of_pages_by_hand() -> None:
    files = named_files(pile=[("s.tif", tiff(grey(), grey(seed=1), grey(seed=2)))])
    data = understand(files, {"s.tif": "normal", "s.tif#2": "test/hole"})
    assert outline(data) == (["s.tif#1", "s.tif#3"], [("s.tif#2", "hole", False)])


def test_a_check_finds_what_cannot_be_read_and_keeps_the_rest() -> None:
    noise = encoded(grey(200, 300), "PNG")
    cut_jpeg = encoded(grey(200, 300), "JPEG")[:-3000]
    files = named_files(
        normal=[("a.png", noise), ("cut.png", noise[:-4000])],
        test=[("b.jpg", cut_jpeg), ("c.tif", tiff(np.float32([[np.nan]])))],
    )
    before = understand(files)
    assert (len(before.normal), len(before.test)) == (2, 2)
    with pytest.raises(ImageError, match=r"^normal/cut\.png is damaged or cut short: ") as caught:
        before.normal[1].read()
    assert caught.value.name == "normal/cut.png"
    fractions: list[float] = []
    files.check(fractions.append)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert fractions == sorted(fractions)
    after = understand(files)
    assert outline(after) == (["normal/a.png"], [])
    assert {finding.name: finding.role for finding in after.findings} == {
        "normal/a.png": "normal",
        "normal/cut.png": "not used",
        "test/b.jpg": "not used",
        "test/c.tif": "not used",
    }
    assert texts(after)["normal/cut.png"] == str(caught.value)
    assert "contains NaN" in texts(after)["test/c.tif"]


def test_a_check_tells_black_and_white() -> None:
    deep = np.array([[0, 4000]], dtype=np.uint16)
    files = named_files(normal=[("a.tif", tiff(deep)), ("b.tif", tiff(deep // 4))])
    assert texts(understand(files))["normal/a.tif"] == "Normal image: 2 x 1, 16-bit grey TIFF."
    files.check()
    for name in ("normal/a.tif", "normal/b.tif"):
        assert texts(understand(files))[name] == (
            "Normal image: 2 x 1, 16-bit grey TIFF; black is 0, white 4095, from the normal images."
        )


def test_a_check_can_be_stopped_and_goes_on_where_it_was() -> None:
    class Stopped(Exception):
        pass

    def stop(fraction: float) -> None:
        if fraction > 0.4:
            raise Stopped

    files = named_files(pile=USUAL.items())
    with pytest.raises(Stopped):
        files.check(stop)
    known = [page.content is not None for file in files.files for page in file.pages]
    assert known.count(True) == 3
    assert outline(understand(files)) == EXPECTED


def test_hidden_folders_and_links(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", {**USUAL, ".git/objects/a.png": image()})
    (folder / "train" / "again").symlink_to(folder, target_is_directory=True)
    (folder / "train" / "good" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "else.png").write_bytes(image(8))
    (folder / "train" / "good" / "linked.png").symlink_to(tmp_path / "else.png")
    data = open_folder(folder)
    assert [picture.name for picture in data.normal] == [
        "train/good/1.png",
        "train/good/2.png",
        "train/good/linked.png",
    ]
    assert texts(data)[".git"] == ".git is a hidden or system file."
    assert texts(data)["train/good/gone.png"] == ("train/good/gone.png is not a regular file.")
    assert ".git/objects/a.png" not in texts(data)
    assert texts(data)["train/again"] == "train/again is a link to a folder that contains it."


def test_a_link_to_another_folder_is_followed(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", USUAL)
    (folder / "test" / "same").symlink_to(folder / "train" / "good", target_is_directory=True)
    data = open_folder(folder)
    assert len(data.normal) == 2
    assert [picture.kind for picture in data.test] == ["good", "hole", "same", "same"]


def test_a_folder_of_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ENTRIES", 4)
    write(tmp_path / "set", USUAL)
    with pytest.raises(ImageError, match=r"holds 5 files or more; the limit is 4 files\.$"):
        folder_files(tmp_path / "set")
    with pytest.raises(ImageError, match=r"holds 5 files or more; the limit is 4 files\.$"):
        named_files(pile=USUAL.items())


def test_a_path_that_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"nowhere does not exist; expected a folder or a ZIP"):
        open_path(tmp_path / "nowhere")
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(ImageError, match=r"^a\.txt is not a ZIP archive\.$"):
        open_path(tmp_path / "a.txt")
    with pytest.raises(ImageError, match="is not a folder"):
        open_folder(tmp_path / "a.txt")


def test_a_file_that_vanishes_is_told(tmp_path: Path) -> None:
    data = open_folder(write(tmp_path / "set", USUAL))
    (tmp_path / "set/train/good/1.png").unlink()
    with pytest.raises(ImageError, match=r"^train/good/1\.png cannot be opened: No such file"):
        data.normal[0].read()


@pytest.mark.slow
def test_2000_images(tmp_path: Path) -> None:
    picture = image()
    names = [f"train/good/{number}.png" for number in range(1000)]
    names += [f"test/hole/{number}.png" for number in range(500)]
    names += [f"ground_truth/hole/{number}_mask.png" for number in range(500)]
    folder = write(tmp_path / "set", dict.fromkeys(names, picture))
    files = find_files(folder)
    data = understand(files)
    assert (len(data.normal), len(data.test)) == (1000, 500)
    assert all(picture.read_mask is not None for picture in data.test)
    assert len(data.findings) == 2000


def test_pictures_are_read_when_asked_for(tmp_path: Path) -> None:
    folder = write(tmp_path / "set", USUAL)
    data = open_folder(folder)
    (folder / "train/good/1.png").write_bytes(encoded(np.full((6, 5), 255, np.uint8), "PNG"))
    assert (data.normal[0].read() == 1).all()


def test_a_file_of_a_lying_extension_is_read_by_its_content() -> None:
    data = from_files(normal=[("a.png", encoded(Pillow.fromarray(grey(6, 5)), "BMP"))])
    assert texts(data)["normal/a.png"] == "Normal image: 5 x 6, 8-bit grey BMP."
