"""The front door: every public name is there, sorted, and loads."""

import pytest

import bodycam_pipeline
from bodycam_pipeline.values import errors

ERRORS = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, BaseException)}


def test_the_public_names_are_sorted_and_complete() -> None:
    assert bodycam_pipeline.__all__ == sorted({*bodycam_pipeline._HOMES, *ERRORS})


def test_every_error_is_a_public_name() -> None:
    assert set(bodycam_pipeline.__all__) >= ERRORS


@pytest.mark.parametrize("name", bodycam_pipeline.__all__)
def test_every_public_name_loads(name: str) -> None:
    assert getattr(bodycam_pipeline, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'recat'"):
        _ = bodycam_pipeline.recat
