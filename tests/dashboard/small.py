"""A small data set and quick methods, for tests of the pages."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from PIL import Image as Pillow
from streamlit.testing.v1 import AppTest

from dashboard.session.methods import Chosen
from dashboard.session.state import Session
from dashboard.session.widgets import SESSION, part_of_method
from images.colour import Image, Mask
from images.dataset import GOOD, DataSet, Picture

SIDE = 64
QUICK = {"features": "raw patches", "window": 8, "stride": 4, "smoothing": 1.0}
TIMEOUT = 60
OPEN = {part_of_method(number, "settings"): True for number in range(1, 9)}
"""Shows the forms of chosen methods."""


def normal_image(number: int) -> Image:
    """Noise around a wave."""
    rng = np.random.default_rng(number)
    wave = 0.5 + 0.2 * np.sin(np.arange(SIDE) / 3)
    return (wave[None, :] + rng.normal(0, 0.03, (SIDE, SIDE))).clip(0, 1).astype(np.float32)


def defect() -> Mask:
    """Where the defective image is defective."""
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[20:32, 30:42] = True
    return mask


def defective_image(number: int) -> Image:
    """A normal image with a bright square."""
    return np.where(defect(), np.float32(0.95), normal_image(number))


def small_set(*, masks: bool = True, kinds: bool = True) -> DataSet:
    """Four normal images, two normal and two defective test images."""

    def picture(name: str, make: Callable[[int], Image], number: int, kind: str) -> Picture:
        read_mask = defect if masks and kind != GOOD else None
        return Picture(name, kind if kinds else None, lambda: make(number), read_mask)

    return DataSet(
        "waves",
        tuple(picture(f"train/{n}.png", normal_image, n, GOOD) for n in range(4)),
        (
            picture("test/a.png", normal_image, 10, GOOD),
            picture("test/b.png", normal_image, 11, GOOD),
            picture("test/c.png", defective_image, 12, "square"),
            picture("test/<d>.png", defective_image, 13, "square"),
        ),
        "Made for a test.",
        synthetic=True,
    )


def quick_session(data: DataSet) -> Session:
    """A session with two variants of a quick method chosen."""
    session = Session()
    session.images.use(data)
    session.methods.chosen = [
        Chosen(1, "pca-residual", "PCA", dict(QUICK)),
        Chosen(2, "pca-residual", "PCA coarse", {**QUICK, "variance": 0.5}),
    ]
    return session


def compared(data: DataSet, session: Session | None = None) -> Session:
    """A session whose comparison has finished; that of `quick_session` unless given."""
    session = session or quick_session(data)
    session.start()
    assert session.job is not None
    assert session.job.wait(TIMEOUT)
    return session


def page(
    draw: Callable[[], None], session: Session, widgets: Mapping[str, object] | None = None
) -> AppTest:
    """A page with a session and values of widgets, drawn once."""
    test = AppTest.from_function(draw, default_timeout=TIMEOUT)
    test.session_state[SESSION] = session
    for key, value in (widgets or {}).items():
        test.session_state[key] = value
    return test.run()


def texts(test: AppTest) -> str:
    """Everything that is said on a page, with plain spaces."""
    kinds = (test.markdown, test.caption, test.info, test.warning, test.error, test.success)
    said = [str(element.value) for kind in kinds for element in kind]
    headings = [str(element.value) for kind in (test.title, test.header) for element in kind]
    return "\n".join(said + headings).replace("\\", "").replace("\N{NO-BREAK SPACE}", " ")


def components(test: AppTest) -> Iterator[dict[str, Any]]:
    """What the picture views of a page were given."""
    for element in test.get("bidi_component"):
        yield json.loads(element.proto.json)


def png(image: Image) -> bytes:
    """An image as a file."""
    buffer = io.BytesIO()
    Pillow.fromarray(np.rint(image * 255).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
