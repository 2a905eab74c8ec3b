"""A vault to attack: the one that the tests of custody work with."""

from tests.custody.conftest import desk, dock, ring

__all__ = ["desk", "dock", "ring"]
