"""Names in archives, as programs really write them."""

import io
import struct
import unicodedata
import zipfile
import zlib

import pytest

from images.dataset import DataSet
from images.open import open_zip
from tests.odd_input.encoding import archive, archive_of_bytes, encoded, grey

IMAGE = encoded(grey(), "PNG")


def named(data: DataSet) -> list[str]:
    return [picture.name for picture in (*data.normal, *data.test)]


def of_bytes(*names: bytes) -> list[str]:
    """The names that are understood, among others in a usual layout."""
    found = open_zip(archive_of_bytes(dict.fromkeys([b"train/good/1.png", *names], IMAGE)))
    return [name for name in named(found) if name != "train/good/1.png"]


@pytest.mark.parametrize("folder", ["lot 12:30", "12:30", "a:b:c", ":", "C: and D:"])
def test_a_colon_in_the_name_of_a_folder(folder: str) -> None:
    names = {f"{folder}/a.png": IMAGE, "more/b.png": IMAGE}
    assert named(open_zip(archive(names))) == sorted(names, key=lambda name: name[-5])


@pytest.mark.parametrize("name", ["C:/a.png", "c:\\a.png"])
def test_a_drive_is_no_folder(name: str) -> None:
    data = open_zip(archive({name: IMAGE, "b.png": IMAGE}))
    assert named(data) == ["b.png"]


@pytest.mark.parametrize("name", ["Prüfung/ä ß.png", "測試/不良.png", "тест.png", "🙂/é.png"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_finder_writes_utf_8_without_saying_so(name: str, form: str) -> None:
    written = unicodedata.normalize(form, f"test/{name}")
    assert of_bytes(written.encode()) == [written]


def test_finder_s_masks_find_their_images() -> None:
    files = {
        unicodedata.normalize("NFD", name).encode(): IMAGE
        for name in ("test/größe/ä.png", "ground_truth/größe/ä_mask.png")
    }
    data = open_zip(archive_of_bytes(files))
    assert data.test[0].read_mask is not None
    assert data.test[0].kind == unicodedata.normalize("NFD", "größe")


@pytest.mark.parametrize(
    "name",
    ["表/ソフト.png", "表/1.png", "不良品/能力.png", "十/1.png", "テスト.png", "予定表/構成 1.png"],
)
def test_shift_jis_whose_letters_end_in_a_backslash(name: str) -> None:
    assert of_bytes(f"test/{name}".encode("cp932")) == [f"test/{name}"]


def test_shift_jis_in_an_archive_without_folders() -> None:
    data = open_zip(archive_of_bytes({"表.png".encode("cp932"): IMAGE}))
    assert named(data) == ["表.png"]


def test_chinese() -> None:
    assert of_bytes("test/不良品/测试.png".encode("gbk")) == ["test/不良品/测试.png"]


@pytest.mark.parametrize("name", ["Prüfung/Größe.png", "tâche/été.png", "señal/niño.png"])
def test_names_of_the_first_pcs(name: str) -> None:
    assert of_bytes(f"test/{name}".encode("cp437")) == [f"test/{name}"]


def test_backslashes_between_folders_are_still_folders() -> None:
    data = open_zip(archive_of_bytes({b"train\\good\\1.png": IMAGE, b"test\\hole\\2.png": IMAGE}))
    assert (data.normal[0].name, data.test[0].kind) == ("train/good/1.png", "hole")


def test_a_name_in_utf_8_beside_another() -> None:
    name, plain = "test/日本.png".encode(), b"test/__.png"
    field = struct.pack("<BL", 1, zlib.crc32(plain)) + name
    extra = struct.pack("<HH", 0x7075, len(field)) + field
    assert named(open_zip(archive_of_bytes({plain: IMAGE}, extra))) == [name.decode()]
    stale = struct.pack("<HHBL", 0x7075, len(field), 1, 7) + name
    assert named(open_zip(archive_of_bytes({plain: IMAGE}, stale))) == [plain.decode()]


def test_the_helper_makes_archives_that_others_read() -> None:
    with zipfile.ZipFile(io.BytesIO(archive_of_bytes({b"a/b.png": IMAGE}))) as opened:
        assert opened.testzip() is None
        assert opened.read("a/b.png") == IMAGE
