"""VisA."""

import pytest

from images.errors import ImageError
from tests.images.layouts.made import image, judged, learned, mask, read, unused

OBJECT = {
    "image_anno.csv": b"image,label,mask\n",
    "Data/Images/Normal/0000.JPG": image(1, "JPEG"),
    "Data/Images/Normal/0001.JPG": image(2, "JPEG"),
    "Data/Images/Normal/0002.JPG": image(3, "JPEG"),
    "Data/Images/Anomaly/000.JPG": image(4, "JPEG"),
    "Data/Masks/Anomaly/000.png": mask(2),
}
MINIATURE = OBJECT
SPLIT = """object,split,label,image,mask
candle,train,normal,candle/Data/Images/Normal/0000.JPG,
candle,test,normal,candle/Data/Images/Normal/0001.JPG,
candle,test,anomaly,candle/Data/Images/Anomaly/000.JPG,candle/Data/Masks/Anomaly/000.png
cashew,train,normal,cashew/Data/Images/Normal/0002.JPG,
"""


def below(folder: str) -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in OBJECT.items()}


def test_the_split_file_says_what_is_learned_from() -> None:
    data = read({**below("candle"), "split_csv/1cls.csv": SPLIT.encode()})
    assert learned(data) == ["candle/Data/Images/Normal/0000.JPG"]
    assert judged(data) == {
        "candle/Data/Images/Anomaly/000.JPG": ("anomaly", 2),
        "candle/Data/Images/Normal/0001.JPG": ("good", None),
    }
    assert unused(data)["candle/Data/Images/Normal/0002.JPG"] == (
        "candle/Data/Images/Normal/0002.JPG is not in split_csv/1cls.csv."
    )
    assert data.understood == (
        "Read as VisA: 1 normal image for training, 2 test images of 2 kinds, 1 mask. "
        "split_csv/1cls.csv defines which normal images are used for training."
    )


def test_an_object_alone_has_no_split() -> None:
    data = read(OBJECT)
    assert len(learned(data)) == 3
    assert judged(data) == {"Data/Images/Anomaly/000.JPG": ("anomaly", 2)}
    assert "Without split_csv/1cls.csv, all normal images are used for training." in data.understood


def test_a_root_with_several_objects_is_several_sets() -> None:
    root = {**below("candle"), **below("cashew"), "split_csv/1cls.csv": SPLIT.encode()}
    with pytest.raises(ImageError, match=r"holds 2 data sets \(candle, cashew\); expected one"):
        read(root)
    data = read(root, part="cashew")
    assert learned(data) == ["cashew/Data/Images/Normal/0002.JPG"]
    with pytest.raises(ImageError, match="in the folder pcb1; there is one in candle, cashew"):
        read(root, part="pcb1")


def test_a_split_file_without_its_columns() -> None:
    with pytest.raises(ImageError, match=r"^split_csv/1cls\.csv has no column 'split'\.$"):
        read({**below("candle"), "split_csv/1cls.csv": b"a,b\n1,2\n"})
