"""Which libraries do the work: the manifest names them, since their versions decide the bytes."""

from bodycam_pipeline.read.versions import library_versions as codec_versions
from bodycam_pipeline.vision.session import runtime_version


def library_versions(_task: None = None) -> dict[str, str]:
    """PyAV, the FFmpeg libraries that it carries, and ONNX Runtime (``onnxruntime``)."""
    return codec_versions() | {"onnxruntime": runtime_version()}
