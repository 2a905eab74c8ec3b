"""The front door: every public name is there, sorted, and loads."""

import pytest

import bodycam_pipeline
from bodycam_pipeline.values import errors


def test_the_public_names_are_sorted_and_complete() -> None:
    assert bodycam_pipeline.__all__ == sorted(bodycam_pipeline._HOMES)


def test_every_error_is_a_public_name() -> None:
    raised = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, BaseException)}
    assert raised <= set(bodycam_pipeline.__all__)


@pytest.mark.parametrize("name", bodycam_pipeline.__all__)
def test_every_public_name_loads(name: str) -> None:
    assert getattr(bodycam_pipeline, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'recat'"):
        _ = bodycam_pipeline.recat
