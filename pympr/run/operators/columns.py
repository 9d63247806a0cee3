"""Steps over columns: project, where, spread, words; they fall back to the Python functions they stand for."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

import numpy as np

from pympr.data.block import Block, ColumnBlock, concat, inside, outside, pair, to_columns
from pympr.data.column import BytesColumn, ManyColumn, with_separator
from pympr.data.schema import Leaf, is_pair
from pympr.native import take, text
from pympr.plan.bindings import Bindings
from pympr.plan.expression import Argument, Item
from pympr.plan.function import Function
from pympr.plan.matching import Pieces
from pympr.plan.narrow import Fused, Project, Spread, SpreadEach, Where, Words
from pympr.run.operators.expressions import Guard, evaluate, evaluate_truth
from pympr.run.operators.fused import Steps, run_steps
from pympr.run.operators.spread_each import in_turn, spread_each

PIECE_ROWS = 1 << 15
"""Blocks of more than twice this are computed in pieces, whose intermediate columns stay in the cache."""
FEW_ROWS = 32
"""Fewer are quicker in Python."""
LONGEST_PAUSE = 64
ColumnStep = Project | Where | Spread | SpreadEach


class _Runner:
    """Runs blocks as columns, and those for which that is not exact as Python.

    After a block that had to be run again, ever more blocks are run as Python at once.
    """

    def __init__(self, steps: Steps, bindings: Sequence[Bindings] = ()) -> None:
        self._steps, self._bindings = steps, bindings
        self._pause = self._left = 0

    def run(self, blocks: Iterator[Block], compute: Callable[[ColumnBlock], Block]) -> Iterator[Block]:
        # No generator: it would hold a block while the next is read, whose memory could be used again.
        return chain.from_iterable(map(partial(self._block, compute), blocks))

    def _block(self, compute: Callable[[ColumnBlock], Block], block: Block) -> Iterable[Block]:
        if len(block) <= FEW_ROWS:
            return (to_columns(self._in_python(block)),)
        block = block if self._left else inside(to_columns(block))
        if _weight(block) <= 2 * PIECE_ROWS:
            return (self._piece(block, compute),)
        return (self._piece(piece, compute) for piece in pieces(block))

    def _piece(self, block: Block, compute: Callable[[ColumnBlock], Block]) -> Block:
        if self._left:
            self._left -= 1
            return self._in_python(block)
        if isinstance(block, ColumnBlock) and all(bindings.hold() for bindings in self._bindings):
            try:
                done = compute(block)
                self._pause = 0
                return outside(done) if isinstance(done, ColumnBlock) else done
            except Guard:
                pass
        self._pause = self._left = min(2 * self._pause + 1, LONGEST_PAUSE)
        return self._in_python(block)

    def _in_python(self, block: Block) -> Block:
        block = outside(block) if isinstance(block, ColumnBlock) else block
        return concat(run_steps(self._steps, iter([block])))


def pieces(block: Block) -> Iterator[Block]:
    """The block in parts of PIECE_ROWS records, or so many items of lists."""
    column = _first_lists(block)
    if column is None:
        edges = np.arange(0, len(block) + PIECE_ROWS, PIECE_ROWS)
    else:
        totals = np.cumsum(column.lengths + 1)
        edges = np.searchsorted(totals, np.arange(0, totals[-1] + PIECE_ROWS, PIECE_ROWS), side="left")
    edges = np.unique(np.minimum(edges, len(block))).tolist()
    for begin, end in zip(edges, edges[1:]):
        yield block.slice(begin, end)


def _first_lists(block: Block) -> ManyColumn | None:
    columns = block.columns if isinstance(block, ColumnBlock) else ()
    return next((column for column in columns if isinstance(column, ManyColumn)), None)


def _weight(block: Block) -> int:
    """About how many rows come of a block: its records, or the items of their lists."""
    column = _first_lists(block)
    return len(block) if column is None else len(block) + int(column.lengths.sum())


def run_columns(nodes: Sequence[ColumnStep | Fused], blocks: Iterator[Block]) -> Iterator[Block]:
    """What column steps, and Python steps after them, make of blocks.

    A block that one of them cannot do as columns is run through all of them record by record, so that of
    several exceptions the same comes first as in Python.
    """
    steps: list[tuple[str, Function]] = []
    for node in nodes:
        steps += node.steps if isinstance(node, Fused) else [(verb_of(node), node.function)]
    bindings = [node.bindings for node in nodes if not isinstance(node, Fused)]

    def compute(block: Block) -> Block:
        for node in nodes:
            if len(block):
                block = _COMPUTE[type(node)](node, block)
        return block

    return _Runner(tuple(steps), bindings).run(blocks, compute)


def verb_of(node: ColumnStep) -> str:
    """What a column step is for Python."""
    if isinstance(node, Where):
        return "filter"
    verb = "flatMap" if isinstance(node, (Spread, SpreadEach)) else "map"
    return f"{verb}Values" if node.of_values else verb


def _project(node: Project, block: ColumnBlock) -> Block:
    """The expression's value for every record."""
    return evaluate(node.expression, block)


def _where(node: Where, block: ColumnBlock) -> Block:
    """The records for which the expression is true."""
    index = take.mask_to_index(evaluate_truth(node.expression, block).view(np.uint8))
    return block if len(index) == len(block) else block.take(index)


def _spread(node: Spread, block: ColumnBlock) -> Block:
    """The values of all expressions for a record, then for the next."""
    if isinstance(node.items[0], Pieces):
        return _spread_pieces(node, block)
    return in_turn([evaluate(item, block) for item in node.items])


def _spread_pieces(node: Spread, block: ColumnBlock) -> Block:
    lists = evaluate(node.items[0], block)
    if not node.of_values:
        return lists.items
    rows = np.repeat(np.arange(len(block), dtype=np.int64), lists.counts)
    return pair(evaluate(Item(Argument(), 0), block).take(rows), lists.items)


def _fused(node: Fused, block: Block) -> Block:
    return concat(run_steps(node.steps, iter([outside(block) if isinstance(block, ColumnBlock) else block])))


_COMPUTE: dict[type, Callable[..., Block]] = {
    Project: _project,
    Where: _where,
    Spread: _spread,
    SpreadEach: spread_each,
    Fused: _fused,
}


def words(node: Words, blocks: Iterator[Block]) -> Iterator[Block]:
    """The words of every string, or of every pair's string with the pair's key."""
    compute, verb = (_words_of_values, "flatMapValues") if node.of_values else (_words_of, "flatMap")
    return _Runner(((verb, node.function),)).run(blocks, compute)


def _words_of(block: ColumnBlock) -> Block:
    return _cut_words(block)[0]


def _words_of_values(block: ColumnBlock) -> Block:
    if not is_pair(block.layout):
        raise Guard
    found, rows = _cut_words(block.item(1))
    return pair(block.item(0).take(rows), found)


def _cut_words(block: ColumnBlock) -> tuple[ColumnBlock, np.ndarray]:
    """The words, and the row that each is from."""
    if block.layout != Leaf("string"):
        raise Guard
    column = block.columns[0]
    data = with_separator(column, ord(" "))
    edges = np.cumsum(column.ends - column.starts + 1)
    starts, ends = text.words(data, 0, len(data))
    found = ColumnBlock(block.layout, [BytesColumn(data, starts, ends)], len(starts))
    return found, np.searchsorted(edges, starts, side="right")
