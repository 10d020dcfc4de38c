"""How many threads an image may take while several are scored."""

import os

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from threadpoolctl import threadpool_info

from evaluation.workers.threads import VARIABLES, each_with
from methods.features.backbones.runtime import session


def blas_threads() -> set[int]:
    np.eye(2) @ np.eye(2)
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


def test_a_limit_holds_inside_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    before = blas_threads()
    with each_with(1):
        assert {os.environ[name] for name in VARIABLES} == {"1"}
        assert blas_threads() == {1}
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "NUMBA_NUM_THREADS" not in os.environ
    assert blas_threads() == before


def test_networks_take_the_limit_of_other_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    same = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [shape], [same])
    opset = [helper.make_opsetid("", 17)]
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=opset, ir_version=9)
    for given, expected in (("3", 3), ("", 0), ("two", 0)):
        monkeypatch.setenv("OMP_NUM_THREADS", given)
        made = session(model.SerializeToString())
        assert made.get_session_options().intra_op_num_threads == expected
