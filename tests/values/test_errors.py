"""Errors: what, where, remedy, the builtin a caller would catch, and across processes."""

import inspect
import pickle

import pytest

from bodycam_pipeline.values import errors
from bodycam_pipeline.values.errors import BodycamError, DamagedRecordingError, MissingModelError, Place, StorageError

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, BodycamError)]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_says_what_where_and_the_remedy_and_crosses_processes(kind):
    error = kind("it broke", remedy="Mend it.", where=Place("a.mp4", 3, 40))
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert str(copy) == str(error) == "it broke (recording a.mp4, segment 3, pts 40). Mend it."
    assert (type(copy), copy.where, copy.exit_code) == (kind, error.where, kind.exit_code)


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [(StorageError, OSError), (DamagedRecordingError, ValueError), (MissingModelError, FileNotFoundError)],
)
def test_errors_are_also_what_a_caller_would_catch(kind, builtin):
    with pytest.raises(builtin):
        raise kind("it broke", remedy="Mend it.")


def test_each_error_has_a_word_of_its_own():
    assert DamagedRecordingError("x", remedy="y").code == "damaged-recording"
    assert len({kind("x", remedy="y").code for kind in ALL}) == len(ALL)


def test_a_place_is_filled_in_and_never_overwritten():
    error = DamagedRecordingError("x", remedy="y", where=Place(pts=40)).at(Place("a.mp4", 2, 99))
    assert error.where == Place("a.mp4", 2, 40)
