"""Networks in ONNX files as backbones."""
