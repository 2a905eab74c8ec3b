"""How made-up recordings are coded."""

from typing import Literal

Codec = Literal["h264", "hevc"]

KEYFRAME_SECONDS = 2
"""Distance of key frames, which body-worn cameras use; segments begin there too."""
