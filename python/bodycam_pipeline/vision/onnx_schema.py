"""ONNX's messages, from its own schema: reading a graph takes 6 KB of it and none of the onnx package's 33 MB.

``onnx.desc`` is ``onnx-ml.proto`` of onnx 1.23 (Apache-2.0), serialised; it lies in a pool of its own, so that any onnx
package may be loaded beside it.
"""

from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorProto  # type: ignore[import-untyped]
from google.protobuf.descriptor_pool import DescriptorPool  # type: ignore[import-untyped]
from google.protobuf.message_factory import GetMessageClass  # type: ignore[import-untyped]

SCHEMA = Path(__file__).with_name("onnx.desc")

_POOL = DescriptorPool()
_POOL.Add(FileDescriptorProto.FromString(SCHEMA.read_bytes()))


def _message(name: str) -> Any:
    return GetMessageClass(_POOL.FindMessageTypeByName(f"onnx.{name}"))


ModelProto, NodeProto, TensorProto = map(_message, ("ModelProto", "NodeProto", "TensorProto"))
