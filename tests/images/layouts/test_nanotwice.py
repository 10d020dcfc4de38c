"""NanoTWICE."""

from tests.images.layouts.made import image, judged, learned, mask, read

MINIATURE = {
    "Normal/ITIA1131.tif": image(1, "TIFF"),
    "Normal/ITIA1140.tif": image(2, "TIFF"),
    "Anomalous/images/ITIA1101.tif": image(3, "TIFF"),
    "Anomalous/gt/ITIA1101_gt.png": mask(),
}


def test_how_it_is_read() -> None:
    data = read(MINIATURE)
    assert learned(data) == ["Normal/ITIA1131.tif", "Normal/ITIA1140.tif"]
    assert judged(data) == {"Anomalous/images/ITIA1101.tif": ("defect", 2)}
    assert data.understood == (
        "Read as NanoTWICE: 2 normal images for training, 1 test image of 1 kind, 1 mask."
    )
