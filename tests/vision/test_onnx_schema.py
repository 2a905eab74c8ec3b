"""The schema that graphs are read by is the one that the onnx package of these tests has."""

from onnx.onnx_ml_pb2 import DESCRIPTOR

from bodycam_pipeline.vision.onnx_schema import SCHEMA


def test_it_is_the_schema_of_onnx() -> None:
    assert SCHEMA.read_bytes() == DESCRIPTOR.serialized_pb, "onnx has a newer schema: write it to onnx.desc"
