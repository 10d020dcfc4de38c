"""Networks run by ONNX Runtime."""

import os
from pathlib import Path

import onnxruntime


def session(model: bytes, folder: Path | None = None) -> onnxruntime.InferenceSession:
    """An ONNX model ready to run; weights in files of their own are read from `folder`.

    It computes with as many threads as `OMP_NUM_THREADS` says, like other libraries, else with one
    a core.
    """
    options = onnxruntime.SessionOptions()
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdecimal():
        options.intra_op_num_threads = int(threads)
    options.log_severity_level = 3
    if folder is not None:
        options.add_session_config_entry(
            "session.model_external_initializers_file_folder_path", str(folder)
        )
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
