"""Which libraries do the work: their versions decide the bytes."""

from bodycam_pipeline.tasks.step import Step

RUNTIME = "onnxruntime"
"""What ONNX Runtime is called among them."""

library_versions = Step[None, dict[str, str]]("versions", "library_versions", dict[str, str], recorded=False)
"""It reads nothing, so it needs no box; the task is None."""
