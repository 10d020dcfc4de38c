"""Networks in ONNX files: what is told from their shapes, and what is refused."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from methods import registry
from methods.detector import DetectorError
from methods.features.backbones import registry as backbones
from methods.features.backbones.backbone import Window
from tests.methods.features.backbones.onnx_files.made import (
    nodes_of_means,
    of_maps,
    of_tokens,
    squares,
    write,
)

IMAGES = np.random.default_rng(0).random((1, 3, 112, 112), dtype=np.float32)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backbones, "_allowed", None)
    backbones.forget()


def refusal(name: str) -> str:
    with pytest.raises(DetectorError) as caught:
        backbones.get(name)
    return str(caught.value)


@pytest.mark.parametrize("make", [of_maps, of_tokens])
def test_a_network_of_any_size(make: object, tmp_path: Path) -> None:
    """A cell is the mean of 14 x 14 pixels, so it looks at their middle, 6.5."""
    name = make(tmp_path / "any.onnx")  # type: ignore[operator]
    backbone = backbones.get(name)
    (stage,) = backbone.stages
    assert (stage.number, stage.channels, stage.stride) == (1, 3, 14)
    assert stage.centre == pytest.approx(6.5, abs=0.5)
    assert backbone.window == Window(672, 672, fixed=False)
    assert backbone.padded == (make is of_maps)
    assert backbone.title == "The network any.onnx"
    np.testing.assert_allclose(backbone.mean, (123.675, 116.28, 103.53))
    wide = np.concatenate([IMAGES, IMAGES[:, :, ::-1]], axis=3)
    (found,) = backbones.network(name, (1,))(wide)
    np.testing.assert_allclose(found, squares(wide), atol=1e-6)


def test_a_network_of_one_size_sees_windows_of_it(tmp_path: Path) -> None:
    name = of_tokens(tmp_path / "fixed.onnx", 112) + "?mean=0;0.1;0.2&std=1;1;0.5"
    backbone = backbones.get(name)
    assert backbone.window == Window(112, 112, fixed=True)
    assert backbone.mean == (0, 25.5, 51)
    assert backbone.std == (255, 255, 127.5)
    (found,) = backbones.network(name, (1,))(IMAGES)
    np.testing.assert_allclose(found, squares(IMAGES), atol=1e-6)
    with pytest.raises(DetectorError, match="does not take an image of 126 x 112 pixels"):
        backbones.network(name, (1,))(np.zeros((1, 3, 112, 126), dtype=np.float32))


def test_the_size_in_the_name_goes_before_that_in_the_file(tmp_path: Path) -> None:
    name = of_tokens(tmp_path / "fixed.onnx", 112) + "?size=126;140"
    assert backbones.get(name).window == Window(126, 140, fixed=True)


def test_channels_may_come_last_and_numbers_may_be_short(tmp_path: Path) -> None:
    """(1, H, W, 3) to (1, h, w, C), in float16: to 3 digits."""
    nodes, (weights,) = nodes_of_means()
    nodes[0].input[0], nodes[0].output[0] = "first", "maps"
    nodes = [
        helper.make_node("Transpose", ["pixels"], ["first"], perm=[0, 3, 1, 2]),
        *nodes,
        helper.make_node("Transpose", ["maps"], ["means"], perm=[0, 2, 3, 1]),
    ]
    short = numpy_helper.from_array(numpy_helper.to_array(weights).astype(np.float16), weights.name)
    name = write(
        tmp_path / "last.onnx",
        nodes,
        [short],
        ("means",),
        (1, 112, 112, 3),
        kind=TensorProto.FLOAT16,
    )
    (found,) = backbones.network(name, (1,))(IMAGES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, squares(IMAGES), atol=2e-3)


def test_tensors_inside_are_stages_in_the_order_of_the_name(tmp_path: Path) -> None:
    file = of_tokens(tmp_path / "tokens.onnx", 112)
    backbone = backbones.get(f"{file}?outputs=tokens;means")
    assert [stage.number for stage in backbone.stages] == [1, 2]
    _, found = backbones.network(backbone.name, (1, 2))(IMAGES)
    np.testing.assert_allclose(found, squares(IMAGES), atol=1e-6)
    (only,) = backbones.network(backbone.name, (2,))(IMAGES)
    np.testing.assert_array_equal(only, found)
    assert refusal(f"{file}?outputs=nothing") == (
        f"{tmp_path}/tokens.onnx has no tensor 'nothing'; there are for example tokens."
    )
    assert refusal(f"{file}?outputs=channels") == (
        f"channels of {tmp_path}/tokens.onnx is 1 x 3 x 64 for an image of 112 x 112 pixels; "
        "expected a feature map (1, C, h, w) or tokens (1, T, C) of square cells that fill the "
        "image."
    )


def test_tokens_with_several_readings_are_not_guessed(tmp_path: Path) -> None:
    """65 tokens for 112 x 112 pixels: 8 x 8 and one, or 7 x 7 and sixteen."""
    name = of_tokens(tmp_path / "two.onnx", 112, prefix=1)
    assert refusal(name) == (
        f"tokens of {tmp_path}/two.onnx, 1 x 65 x 3 for an image of 112 x 112 pixels, can be read "
        "as 1 + 8 x 8 or 16 + 7 x 7 tokens; add prefix=1 or prefix=16."
    )
    assert backbones.get(f"{name}?prefix=1").stages[0].stride == 14


def test_tokens_that_are_not_where_they_are_read_are_refused(tmp_path: Path) -> None:
    """With two others last, each cell is read two columns off."""
    message = refusal(of_tokens(tmp_path / "behind.onnx", 112, last=True))
    assert "expected cells of 14 pixels, row by row, after all other tokens" in message


def classes(path: Path) -> str:
    nodes, weights = nodes_of_means()
    return write(
        path,
        [*nodes, helper.make_node("GlobalAveragePool", ["means"], ["all"])],
        weights,
        ("all",),
        (1, 3, 112, 112),
    )


def test_a_network_without_maps_says_what_to_name(tmp_path: Path) -> None:
    assert refusal(classes(tmp_path / "classes.onnx")) == (
        f"No output of {tmp_path}/classes.onnx is a feature map (1, C, h, w) or tokens (1, T, C) "
        "of square cells that fill the image; name other tensors of it as outputs=NAME."
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not an ONNX file with a network"),
        (b"\x00" * 64, "is not an ONNX file"),
        (b"no network at all", "is not an ONNX file"),
    ],
)
def test_a_file_of_another_kind(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.onnx"
    path.write_bytes(content)
    assert refusal(f"onnx:{path}").startswith(f"{path} {message}")


def test_an_operator_that_nobody_knows(tmp_path: Path) -> None:
    nodes = [helper.make_node("Explode", ["pixels"], ["means"])]
    name = write(tmp_path / "odd.onnx", nodes, [], ("means",), (1, 3, 112, 112))
    assert refusal(name).startswith(f"{tmp_path}/odd.onnx cannot be run: ")
    assert "\n" not in refusal(name)


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        ((1, 3, 112, 112), {"more_inputs": ("mask",)}, "takes 2 inputs; expected one, an image."),
        ((1, 1, 112, 112), {}, "takes float numbers, 1 x 1 x 112 x 112; expected one RGB image"),
        ((8, 3, None, None), {}, "takes float numbers, 8 x 3 x any x any; expected one RGB image"),
        ((1, 3, 112, 112), {"kind": TensorProto.UINT8}, "takes uint8 numbers"),
    ],
)
def test_inputs_that_are_no_image(
    given: tuple[int | None, ...], options: dict[str, object], message: str, tmp_path: Path
) -> None:
    name = write(tmp_path / "odd.onnx", *nodes_of_means(), ("means",), given, **options)  # type: ignore[arg-type]
    assert f"odd.onnx {message}" in refusal(name)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("mean=0.5", "mean of 'onnx:a?mean=0.5' is '0.5'; expected three numbers for red"),
        ("std=1;1;0", "is '1;1;0'; expected three numbers above 0, separated by ;."),
        ("mean=nan;0;0", "is 'nan;0;0'; expected three numbers for red"),
        ("colour=1", "has 'colour=1'; expected mean, std, outputs, prefix, size, each once"),
        ("size=1;2;3", "expected one or two whole numbers from 16 to 4096"),
        ("prefix=-1", "expected a whole number from 0 to 1000"),
        ("outputs=a;", "expected different names of tensors"),
    ],
)
def test_a_name_that_says_something_wrong(query: str, message: str) -> None:
    assert message in refusal(f"onnx:a?{query}")


def test_a_missing_file_is_named() -> None:
    assert refusal("onnx:nowhere.onnx") == "There is no file nowhere.onnx with a network."
    assert refusal("onnx:") == "'onnx:' names no file; expected onnx:FILE."


def test_a_server_opens_no_file_but_those_that_it_lists(tmp_path: Path) -> None:
    listed, other = (of_maps(tmp_path / f"{name}.onnx", 112) for name in ("a", "b"))
    backbones.allow_only([listed])
    assert backbones.get(listed).title == "The network a.onnx"
    for name in (other, f"{listed}?size=224", "onnx:/etc/passwd", "onnx:/none"):
        assert refusal(name).startswith(f"The network {name!r} is not available here; choose from")


def test_weights_in_files_of_their_own_are_part_of_the_network(tmp_path: Path) -> None:
    """Other weights are another network; a file elsewhere is not read."""
    path = tmp_path / "graph.onnx"
    of_maps(path, 112)
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="graph.weights", size_threshold=0)
    name = f"onnx:{path}"
    before = backbones.get(name)
    (found,) = backbones.network(name, (1,))(IMAGES)
    np.testing.assert_allclose(found, squares(IMAGES), atol=1e-6)
    weights = tmp_path / "graph.weights"
    weights.write_bytes((np.frombuffer(weights.read_bytes(), np.float32) * 2).tobytes())
    with pytest.raises(DetectorError, match=r"graph\.onnx has changed since it was first read"):
        before.build((1,))
    backbones.forget()
    assert backbones.get(name).digest != before.digest
    elsewhere = onnx.load(path, load_external_data=False)
    (where,) = (
        entry for entry in elsewhere.graph.initializer[0].external_data if entry.key == "location"
    )
    where.value = "../graph.weights"
    path.write_bytes(elsewhere.SerializeToString())
    backbones.forget()
    assert refusal(name) == (
        f"{path} takes weights from ../graph.weights; expected a file beside it."
    )


def test_a_detector_goes_with_the_network_that_it_was_fitted_with(tmp_path: Path) -> None:
    path, saved = tmp_path / "tokens.onnx", tmp_path / "model.safetensors"
    name = of_tokens(path, 112)
    rng = np.random.default_rng(0)
    normal = [rng.random((120, 150, 3), dtype=np.float32) for _ in range(2)]
    params = {"backbone": name, "stages": "1", "short_side": 120}
    detector = registry.create("nearest-neighbour", params).fit(normal)
    scores = detector.score_map(normal[0])
    detector.save(saved)
    backbones.forget()
    np.testing.assert_array_equal(registry.load(saved).score_map(normal[0]), scores)
    of_tokens(path, 112, scale=2.0)
    backbones.forget()
    with pytest.raises(DetectorError) as caught:
        registry.load(saved)
    assert str(caught.value) == (
        f"{saved} belongs to other weights of The network tokens.onnx than are there now; fit the "
        "detector again, or use the weights that it was fitted with."
    )


@pytest.mark.parametrize("name", ["padim", "mutual-scoring", "mean-feature"])
def test_the_default_stages_mean_the_only_output(name: str, tmp_path: Path) -> None:
    backbone = of_tokens(tmp_path / "tokens.onnx", 112)
    detector = registry.create(name, {"backbone": backbone})
    assert [each.number for each in detector.params.network_features().stages] == [1]
    asked = registry.create(name, {"backbone": backbone, "stages": "2"})
    with pytest.raises(DetectorError) as caught:
        asked.params.network_features()
    assert str(caught.value) == "The network tokens.onnx has no stage 2; it has stage 1 only."
