"""Agreements: silent when equal, the same error on every rank when not."""

import pathlib
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.collectives.world import World, as_world
from pympr.errors import DivergenceError, InputError, RankError
from pympr.run import difference, failure
from pympr.run.agreement import agree_on, call_site, digest, fail_together
from pympr.run.frames import fold_frames

PLAN = "\n".join(f"line {number} of the plan" for number in range(4000))
ODD_PLAN = PLAN.replace("line 77 ", "row 77 ")


@pytest.fixture
def world():
    from mpi4py import MPI

    return as_world(MPI.COMM_WORLD)


def others(world) -> str:
    """All ranks but the last, as messages name them."""
    return difference.fold(range(world.size - 1))


@pytest.mark.mpi
def test_equal_fields_agree(world):
    for _ in range(20):
        agree_on(world, {"action": "count", "where": "a.py:3", "plan": PLAN})


@pytest.mark.mpi
def test_order_of_the_fields_does_not_matter(world):
    fields = {"action": "count", "where": "a.py:3", "plan": "p"}
    agree_on(world, dict(reversed(fields.items())) if world.rank % 2 else fields)


@pytest.mark.mpi
def test_late_rank_is_waited_for(world):
    if world.rank == world.size - 1:
        time.sleep(0.3)
    agree_on(world, {"action": "count"})


@pytest.mark.mpi(min_size=2)
@pytest.mark.parametrize(
    ("usual", "odd", "words"),
    [
        ({"action": "count"}, {"action": "collect"}, ["{others}: count at a.py:3", "{last}: collect at a.py:3"]),
        ({"where": "a.py:3"}, {"where": "b.py:9"}, ["{others}: a.py:3 in count", "{last}: b.py:9 in count"]),
        ({"plan": "p"}, {}, ["plan differs", "{others}: p at a.py:3", "{last}: (nothing) at a.py:3"]),
        ({}, {"plan": "q"}, ["plan differs", "{last}: q at a.py:3"]),
        ({"plan": PLAN}, {"plan": ODD_PLAN}, ["plan differs in line 78", "{others}: line 77", "{last}: row 77"]),
        ({"plan": "a\nb"}, {"plan": "a\nb\nc"}, ["differs in line 3", "{others}: (ends before)", "{last}: c"]),
        ({"plan": "\ud800"}, {"plan": "\udfff"}, ["plan differs"]),
    ],
)  # fmt: skip
def test_difference_is_an_error_on_all_ranks_that_names_both_sides(world, usual, odd, words):
    common = {"action": "count", "where": "a.py:3"}
    last = world.size - 1
    with pytest.raises(DivergenceError) as caught:
        agree_on(world, common | (odd if world.rank == last else usual))
    name = next(name for name in ("action", "where", "plan") if usual.get(name) != odd.get(name))
    assert f"{name} differs" in str(caught.value)
    names = {"others": others(world), "last": f"rank {last}"}
    assert [word for word in words if word.format(**names) not in str(caught.value)] == []
    assert world.comm.allgather(str(caught.value)) == [str(caught.value)] * world.size
    agree_on(world, common)


@pytest.mark.mpi(min_size=2)
def test_every_rank_another_value(world):
    with pytest.raises(DivergenceError) as caught:
        agree_on(world, {"action": f"action {world.rank}", "where": f"a.py:{world.rank}"})
    assert all(f"rank {rank}: action {rank} at a.py:{rank}" in str(caught.value) for rank in range(world.size))


@pytest.mark.mpi
def test_nobody_failed(world):
    for _ in range(20):
        fail_together(world, None, "partition 1")


class Odd(Exception):
    """An exception of the user's that needs two arguments and has no text."""

    def __init__(self, first, second):
        self.first = first

    def __str__(self):
        return self.first.missing


@pytest.mark.mpi(min_size=2)
@pytest.mark.parametrize(
    ("error", "kinds"),
    [
        (ValueError("odd"), (RankError, ValueError)),
        (KeyError("x"), (RankError, KeyError)),
        (FileNotFoundError(2, "no such file", "a.txt"), (RankError, FileNotFoundError)),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), (RankError, ValueError)),
        (InputError("a.txt at byte 7"), (RankError, InputError)),
        (Odd("a", "b"), (RankError, Odd)),
        (ValueError(lambda: None), (RankError, ValueError)),
        (MemoryError(), (RankError, MemoryError)),
        (ExceptionGroup("several", [ValueError("a"), KeyError("b")]), (RankError,)),
        (SystemExit(3), (RankError,)),
        (KeyboardInterrupt(), (RankError,)),
        (RankError("of another world"), (RankError,)),
    ],
)
def test_failure_of_one_rank_is_raised_on_all(world, error, kinds):
    last = world.size - 1
    with pytest.raises(BaseException) as caught:
        fail_together(world, error if world.rank == last else None, "partition 3, record 7", "a.py:3")
    if world.rank == last:
        assert caught.value is error
        assert "pympr: partition 3, record 7" in error.__notes__
    else:
        assert all(isinstance(caught.value, kind) for kind in kinds)
        assert f"rank {last} ({world.hostname}) failed in partition 3, record 7" in str(caught.value)
        assert type(error).__name__ in str(caught.value)
        assert (caught.value.failing_rank, caught.value.exit_code) == (last, failure.exit_code(error))
    agree_on(world, {"action": "count"})


@pytest.mark.mpi(min_size=2)
def test_lowest_of_several_failures_is_told(world):
    with pytest.raises(Exception) as caught:
        fail_together(world, ValueError(f"of rank {world.rank}") if world.rank else None)
    first = 1
    assert caught.value.failing_rank == first
    if world.rank == 0:
        assert f"rank {first} " in str(caught.value) and "of rank 1" in str(caught.value)
        assert world.size == 2 or f"{difference.fold(range(2, world.size))} failed too" in str(caught.value)


@pytest.mark.mpi(min_size=2)
def test_huge_message_is_shortened(world):
    with pytest.raises(ValueError) as caught:
        fail_together(world, ValueError("x" * 10_000_000) if world.rank == 1 else None)
    if world.rank != 1:
        assert len(str(caught.value)) < 40_000 and "characters left out" in str(caught.value)


@pytest.mark.mpi(min_size=2)
def test_traceback_of_the_failing_rank_is_told(world):
    error = None
    if world.rank == 0:
        try:
            raise_inside()
        except ZeroDivisionError as own:
            error = own
    with pytest.raises(ZeroDivisionError) as caught:
        fail_together(world, error)
    if world.rank:
        assert "in raise_inside" in str(caught.value) and "test_agreement.py" in str(caught.value)


def raise_inside():
    raise ZeroDivisionError


@pytest.mark.mpi(min_size=2)
def test_stage_end_against_an_action_is_a_divergence(world):
    with pytest.raises(DivergenceError) as caught:
        if world.rank == 0:
            fail_together(world, ValueError("odd"), where="a.py:3")
        else:
            agree_on(world, {"action": "count", "where": "a.py:9"})
    assert "rank 0: the end of a stage at a.py:3" in str(caught.value)
    assert "count at a.py:9" in str(caught.value)
    assert isinstance(caught.value.__cause__, ValueError) == (world.rank == 0)


def test_solo_world_needs_no_mpi():
    agree_on(World(None), {"action": "count"})
    fail_together(World(None), None)
    with pytest.raises(ValueError, match="odd") as caught:
        fail_together(World(None), ValueError("odd"), "partition 2, record 9")
    assert caught.value.__notes__ == ["pympr: partition 2, record 9"]


def test_call_site_is_the_users_line():
    line = sys._getframe().f_lineno + 1
    assert call_site() == f"test_agreement.py:{line}"


def test_call_site_skips_frames_of_pympr():
    inside, job = {"__name__": "pympr.run.engine", "call_site": call_site}, {"__name__": "pympr.jobs.wordcount"}
    exec(compile("def action(): return call_site()", "engine.py", "exec"), inside)
    job["action"] = inside["action"]
    exec(compile("\n\nplace = action()", "/jobs/wordcount.py", "exec"), job)
    assert job["place"] == "wordcount.py:3"


texts = st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=5)


@given(texts, texts)
def test_digest_is_equal_for_equal_fields_only(one, other):
    assert (digest(one) == digest(other)) == (one == other)
    assert 0 <= digest(one) < 1 << 64


def test_digest_keeps_names_and_texts_apart():
    assert digest({"ab": "c"}) != digest({"a": "bc"})
    assert digest({}) == digest({})


@given(st.sets(st.integers(0, 200), min_size=1))
def test_folded_ranks_name_exactly_these(ranks):
    text = difference.fold(ranks).removeprefix("ranks ").removeprefix("rank ")
    found = set()
    for part in text.split(", "):
        low, _, high = part.partition("-")
        found |= set(range(int(low), int(high or low) + 1))
    assert found == ranks


def test_many_variants_are_cut(monkeypatch):
    summaries = [{"digests": {"action": str(rank)}, "action": f"a{rank}", "where": "", "code": 0} for rank in range(20)]
    groups = [difference.Group([rank], f"a{rank}") for rank in range(6)]
    text = difference._describe_sides("action", groups, None, 20, summaries)
    assert text.splitlines()[-1] == "  and 14 more variants"


def test_error_that_cannot_be_shown_is_named():
    class Broken(Exception):
        __notes__ = property(lambda self: 1 / 0)

    assert "Broken" in failure.format_error(Broken())


def test_failure_survives_the_wire():
    found = failure.failure_of(Odd("a\ud800", "b"), 3, "node", "partition 1")
    assert failure.Failure.from_bytes(found.to_bytes()) == found
    assert found.classes[0] == [Odd.__module__, "Odd"]


def test_unknown_class_becomes_its_nearest_known_base():
    told = failure.Failure(
        1, "node", "", "text", [["nowhere", "Gone"], ["builtins", "OSError"], ["builtins", "Exception"]], 1
    )
    error = failure.echo(told, "")
    assert isinstance(error, OSError) and isinstance(error, RankError)
    assert str(error) == "rank 1 (node) failed:\ntext"


@pytest.mark.parametrize("code", [None, 0, 1, 3, 255, 256, -1, "text", (1, 2), True])
def test_shell_code_is_zero_for_success_only(code):
    assert (failure.shell_code(code) == 0) == (code in (None, 0))
    assert 0 <= failure.shell_code(code) <= 255


def frame(path: str) -> str:
    return f'  File "{path}", line 3, in f\n    f()\n'


OURS = frame(f"{pathlib.Path(failure.__file__).parent}/engine.py")
JOB = frame(f"{pathlib.Path(failure.__file__).parents[1]}/jobs/wordcount.py")
USERS = frame("/home/user/script.py")


@pytest.mark.parametrize(
    ("frames", "is_expected", "shown"),
    [
        ([USERS, OURS, OURS, USERS], False, [USERS, "  ... 2 frames of pympr\n", USERS]),
        ([USERS, OURS, JOB], False, [USERS, "  ... 1 frame of pympr\n", JOB]),
        ([USERS, OURS], True, [USERS, "  ... 1 frame of pympr\n"]),
        ([USERS, OURS], False, [USERS, OURS]),
        ([OURS, OURS], True, [OURS, OURS]),
        ([], False, []),
    ],
)
def test_frames_of_pympr_are_shown_only_where_the_error_arose(frames, is_expected, shown):
    first, last = "Traceback (most recent call last):\n", "ValueError: odd\n"
    assert list(fold_frames([first, *frames, last], is_expected)) == [first, *shown, last]
