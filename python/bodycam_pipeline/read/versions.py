"""Which codec libraries did the work: the manifest names them, since their versions decide the bytes."""

import av


def library_versions() -> dict[str, str]:
    """PyAV and the FFmpeg libraries it carries, e.g. ``{"pyav": "18.1.0", "libavcodec": "62.28.102"}``."""
    named = ("libavcodec", "libavformat", "libswscale")
    return {"pyav": av.__version__} | {name: ".".join(map(str, av.library_versions[name])) for name in named}
