"""Records of bytes as files, whole or not at all."""

from typing import Any

from pympr.data.block import Block, ColumnBlock
from pympr.data.schema import Leaf
from pympr.run.actions.action import Run
from pympr.run.actions.save_text import save_parts


def save_bytes(run: Run, path: str) -> None:
    """Write the records one after the other, with nothing between, as `save_parts` does.

    Raises TypeError for a record that is not bytes.
    """
    save_parts(run, path, bytes_of)


def bytes_of(block: Block) -> Any:
    """The records' bytes, joined.

    >>> from pympr.data.block import ObjectBlock
    >>> bytes_of(ObjectBlock([b"ab", b"", b"c"]))
    b'abc'
    """
    if isinstance(block, ColumnBlock) and block.layout == Leaf("bytes"):
        return block.columns[0].compact().data.data
    records = block.records()
    wrong = next((record for record in records if not isinstance(record, bytes)), None)
    if wrong is not None:
        raise TypeError(f"expected records of bytes, got {type(wrong).__name__} {wrong!r:.100}")
    return b"".join(records)
