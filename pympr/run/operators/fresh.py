"""Records that outlive an action, given out so that a function may change what it gets."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from pympr.collectives.objects import pack, unpack
from pympr.data.block import Block, ColumnBlock, ManyBlock, ObjectBlock

_FROZEN = {int, float, complex, bool, str, bytes, type(None)}


def fresh(blocks: Iterator[Block]) -> Iterator[Block]:
    """The blocks with copies of all records that can be changed.

    A function that changes a record would else change it for later actions too,
    on the rank that ran it. What cannot be pickled is given out as it is.

    >>> lists = [[1], [2]]
    >>> next(fresh(iter([ObjectBlock(lists)]))).values[0] is lists[0]
    False
    """
    return (block if isinstance(block, (ColumnBlock, ManyBlock)) else _fresh(block) for block in blocks)


def _fresh(block: ObjectBlock) -> ObjectBlock:
    if _are_frozen(block.values):
        return block
    try:
        return ObjectBlock(unpack(pack(list(block.values))))
    except Exception:  # pickling runs the classes' own code, which may raise anything
        return block


def _are_frozen(values: Iterable[Any]) -> bool:
    values = list(values)
    kinds = set(map(type, values))
    if not kinds <= _FROZEN | {tuple}:
        return False
    return tuple not in kinds or _are_frozen(chain.from_iterable(v for v in values if type(v) is tuple))
