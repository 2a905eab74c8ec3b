"""A vault to attack, its keys, and a policy that looks quickly."""

from tests.backlog.conftest import fast
from tests.custody.conftest import dock, ring, session

__all__ = ["dock", "fast", "ring", "session"]
