"""Blocks on disk come back as they were, in buckets and in order."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.data.block import ObjectBlock, to_columns
from pympr.errors import ScratchError
from pympr.run.spill.file import SpillFile
from pympr.run.spill.folder import ScratchFolder
from pympr.run.spill.memory import Memory
from pympr.run.spill.spilled import Spilled, Writer, gather, spill
from pympr.run.spill.split import ranges


def memory(limit_bytes=4096, folder=""):
    return Memory(0, limit_bytes, ScratchFolder(str(folder)))


def records(blocks):
    return [record for block in blocks for record in block.records()]


BLOCKS = [
    [1, -(2**63), 2**63 - 1],
    [0.0, -0.0, float("inf"), None],
    ["", "ä", "x" * 1000],
    [(b"\0", True), (b"", None)],
    [(1, ("a", 2.5)), (2, (None, 3.5))],
    [[1], {"a": 2}],
    [],
]


@pytest.mark.parametrize("values", BLOCKS, ids=str)
def test_blocks_come_back(values):
    for block in (ObjectBlock(values), to_columns(ObjectBlock(values))):
        file = SpillFile(memory())
        file.append(ObjectBlock([0]))
        frame = file.append(block)
        found = file.read(frame)
        assert type(found) is type(block)
        assert list(map(repr, found.records())) == list(map(repr, values))


def test_a_slice_of_strings_takes_no_more_than_its_own_bytes():
    block = to_columns(ObjectBlock(["x" * 10000, "y", "z" * 10000]))
    frame = SpillFile(memory()).append(block.slice(1, 2))
    assert frame.num_bytes < 2000


def test_a_flipped_bit_is_found():
    file = SpillFile(memory())
    frame = file.append(to_columns(ObjectBlock(list(range(100)))))
    byte = os.pread(file._descriptor, 1, frame.offset + frame.num_bytes - 200)
    os.pwrite(file._descriptor, bytes([byte[0] ^ 1]), frame.offset + frame.num_bytes - 200)
    with pytest.raises(ScratchError, match="not what was written"):
        file.read(frame)


def test_rows_come_out_by_tag():
    writer = Writer(memory(256), 2)
    for tag in (3, 1, 2, 1):
        writer.deal(to_columns(ObjectBlock([tag * 10, tag * 10 + 1] * 20)), np.array([0, 1] * 20, np.uint32), tag)
    even, odd = writer.finish()
    assert records(even) == [10] * 40 + [20] * 20 + [30] * 20
    assert records(odd) == [11] * 40 + [21] * 20 + [31] * 20
    assert records(even) == records(even), "rows can be read again"


def test_few_blocks_stay_in_memory():
    blocks = [to_columns(ObjectBlock(list(range(begin, begin + 10)))) for begin in range(0, 100, 10)]
    assert gather(memory(), iter(blocks), 1000) == blocks
    found = gather(memory(), iter(blocks), 500)
    assert isinstance(found, Spilled)
    assert records(found) == list(range(100))
    assert len(records(gather(memory(), found, 10**6))) == 100


@given(
    st.lists(st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=400),
    st.booleans(),
    st.booleans(),
)
def test_ranges_are_small_or_of_one_number(values, ascending, as_floats):
    values = list(map(float, values)) if as_floats else values
    budget = memory()
    rows = spill(budget, iter([to_columns(ObjectBlock(values[at : at + 50])) for at in range(0, len(values), 50)]))
    found = []
    for (part,), is_single in ranges(budget, (rows,), (lambda block: block.columns[0].contiguous(),), 100, ascending):
        inside = records(part)
        assert part.num_bytes <= 100 or is_single
        assert not is_single or len(set(inside)) == 1
        found.append(inside)
    edges = [(min(part), max(part)) for part in found]
    ordered = edges if ascending else edges[::-1]
    assert all(high < low for (_, high), (low, _) in zip(ordered, ordered[1:]))
    assert sorted(record for part in found for record in part) == sorted(values)
