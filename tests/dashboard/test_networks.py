"""Which networks people may choose in the browser."""

import pytest

from dashboard import networks
from dashboard.session.methods import Chosen
from dashboard.session.state import Session
from methods import registry
from methods.detector import DetectorError
from methods.features.backbones import registry as backbones
from tests.dashboard.small import OPEN, page, small_set, texts


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(networks.VARIABLE, raising=False)


def methods() -> None:
    from dashboard.pages import methods as methods_page

    methods_page.show()


def session_with(backbone: str | None) -> Session:
    session = Session()
    session.images.use(small_set())
    params = {} if backbone is None else {"backbone": backbone}
    session.methods.chosen = [Chosen(1, "padim", "PaDiM", params)]
    return session


def test_without_a_word_only_packaged_networks_are_offered() -> None:
    networks.offer()
    test = page(methods, session_with(None), OPEN)
    assert test.selectbox(key="method.1.backbone").options == list(backbones.names())
    for name in ("timm:resnet18@/etc/passwd", "onnx:/etc/passwd"):
        padim = registry.create("padim", {"backbone": name})
        with pytest.raises(DetectorError, match=f"'{name}' is not available here"):
            padim._features()


def test_those_that_are_listed_are_offered_too(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    listed = ["timm:resnet18@/models/r18.safetensors", "onnx:/models/vit.onnx?mean=0;0;0&size=518"]
    monkeypatch.setenv(networks.VARIABLE, f" {listed[0]}, resnet50,efficientnet-lite0,{listed[1]},")
    networks.offer()
    test = page(methods, session_with(None), OPEN)
    options = test.selectbox(key="method.1.backbone").options
    assert options == [*backbones.names(), *listed]
    assert "lists 'resnet50', which is ignored" in caplog.text
    assert caplog.text.count("is ignored; expected") == 1


def test_a_network_from_an_earlier_comparison_is_kept_and_told() -> None:
    networks.offer()
    session = session_with("timm:resnet18")
    test = page(methods, session, OPEN)
    assert not test.exception
    assert test.selectbox(key="method.1.backbone").value == "timm:resnet18"
    assert "timm:resnet18 is not available here." in texts(test)
    test.selectbox(key="method.1.backbone").select("efficientnet-lite1").run()
    assert session.methods.chosen[0].params == {"backbone": "efficientnet-lite1"}
    assert "not offered" not in texts(test)


def test_the_application_offers_none_by_itself() -> None:
    from tests.dashboard.test_app import app

    app().run()
    assert backbones.offered() == backbones.names()
    with pytest.raises(DetectorError, match="is not available here"):
        backbones.get("timm:resnet18")
