"""A graph that was kept gives the activations of the one that was written, and needs no PyTorch."""

from pathlib import Path

import numpy as np
import pytest

from methods.features.backbones import kept_graphs, lite


def test_a_kept_graph_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    images = np.random.default_rng(0).normal(size=(1, 3, 64, 64)).astype(np.float32)
    written = kept_graphs.load("efficientnet-lite0", (2, 3))(images)
    (kept,) = (tmp_path / "anomaly-compare").iterdir()
    pretrained = lite.pretrained
    monkeypatch.setattr(lite, "pretrained", None)
    again = kept_graphs.load("efficientnet-lite0", (2, 3))(images)
    for one, other in zip(written, again, strict=True):
        np.testing.assert_array_equal(one, other)
    monkeypatch.setattr(lite, "pretrained", pretrained)
    kept.write_bytes(kept.read_bytes()[:1000])
    repaired = kept_graphs.load("efficientnet-lite0", (2, 3))(images)
    np.testing.assert_array_equal(repaired[1], written[1])
    assert kept.stat().st_size > 1000


def test_a_graph_is_not_used_after_what_writes_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [path.name for path in kept_graphs.WRITERS] == ["lite.py", "graph.py"]
    assert all(path.is_file() for path in kept_graphs.WRITERS)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    writer = tmp_path / "graph.py"
    monkeypatch.setattr(kept_graphs, "WRITERS", (writer,))
    places = []
    for text in ("OPSET = 17", "OPSET = 17", "OPSET = 18  # anew"):
        if not writer.exists() or writer.read_text() != text:
            writer.write_text(text)
        places.append(kept_graphs._place("efficientnet-lite0", (2, 3)))
    assert places[0] == places[1] is not None
    assert places[2] != places[0]


def test_without_a_folder_it_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    images = np.zeros((1, 3, 32, 32), dtype=np.float32)
    assert kept_graphs.load("efficientnet-lite0", (1,))(images)[0].shape == (1, 32, 16, 16)
