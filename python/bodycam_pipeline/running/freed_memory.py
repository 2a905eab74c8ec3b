"""Memory that was freed, given back to the system.

The C library keeps what is freed between two blocks that are in use, in case it is asked for again. A process that
decodes for hours frees frames of megabytes in between small blocks that stay: what is kept so grows with every frame.
"""

import ctypes

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
"""glibc's; other libraries have none."""


def give_back() -> None:
    """Give every free page back; milliseconds for hundreds of megabytes."""
    if _trim is not None:
        _trim(0)
