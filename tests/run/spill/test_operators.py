"""Wide steps over one partition on disk, where a program gets only with much data."""

import pytest

from pympr.config import Config
from pympr.data.block import ObjectBlock, to_columns
from pympr.plan.function import Function
from pympr.plan.wide import FinalCombine, Hash
from pympr.run.operators import combine
from pympr.run.spill import operators
from pympr.run.spill.folder import ScratchFolder
from pympr.run.spill.memory import Memory


def blocks_of(records):
    return [to_columns(ObjectBlock(records[at : at + 100])) for at in range(0, len(records), 100)]


@pytest.mark.parametrize("operation", ["sum", None])
def test_one_key_that_is_too_large_is_merged_as_it_comes(operation):
    records = [(-1.5 if number % 3 else number * 0.25, 0.1 * number) for number in range(3000)]
    node = FinalCombine(None, Function(lambda a, b: a + b), Hash(1), operation)
    memory, config = Memory(0, 4096, ScratchFolder()), Config()
    wanted = [r for b in combine.final_combine(node, iter(blocks_of(records)), config) for r in b.records()]
    found = [r for b in operators.final_combine(node, iter(blocks_of(records)), memory, config) for r in b.records()]
    assert memory.spilled_bytes > 4096
    assert found == wanted
    total = 0.0
    for number in range(3000):
        total = total + 0.1 * number if number % 3 else total
    assert dict(found)[-1.5] == total
