"""Reports show the user's frames; the engine's stay only where the engine itself broke."""

from pympr.run.failure import format_error
from pympr.run.splits import list_files
from pympr.run.together import together


def caught(call):
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_the_engines_frames_are_left_out(monkeypatch):
    from pympr.collectives.world import World

    error = caught(lambda: together(World(None), lambda: 1 / 0, "a task"))
    text = format_error(error)
    assert "test_failure.py" in text and "together.py" not in text and "ZeroDivisionError" in text
    monkeypatch.setenv("PYMPR_FULL_TRACEBACK", "1")
    assert "together.py" in format_error(error)


def test_the_engines_frames_stay_when_it_broke_itself():
    assert "splits.py" in format_error(caught(lambda: list_files(None)))
    error = caught(lambda: list_files("/nowhere/at/all"))
    assert "splits.py" not in format_error(error)
