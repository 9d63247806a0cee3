"""How much of what a rank works on may be in memory, and where the rest goes."""

from typing import Any

from pympr.collectives.objects import pack
from pympr.collectives.segment import memory_bytes
from pympr.collectives.world import World
from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ManyBlock
from pympr.errors import ScratchError
from pympr.run.spill.folder import ScratchFolder

# Of the memory that the ranks of a node share, so much is for the rows they work on.
_SHARE_OF_MEMORY = 0.75
# Rows waiting to leave a stage, rows just arrived, and what an operator makes of rows while it works on them: a
# wide step holds its rows, their order, a copy in that order and a table at the same time.
_PARTS = 4
_LARGEST_BUFFER_BYTES = 64 << 20
# A Python object takes about so many times what its pickle does.
_OBJECT_FACTOR = 4
# Of a block of objects so many are pickled to guess the size of all.
_SAMPLE = 64


class Memory:
    """A rank's memory budget of `limit_bytes`.

    `kept_bytes` of it are taken by rows kept for later actions; `share_bytes` of the rest is
    what one thing may hold: rows that wait to leave a stage, rows that arrived, rows of which an
    operator makes others. What is more goes to files in `folder`. `is_told` when somebody chose
    the budget.
    """

    def __init__(self, rank: int, limit_bytes: int, folder: ScratchFolder, keep_bytes: int = 0) -> None:
        self.rank, self.folder = rank, folder
        self.limit_bytes, self.is_told = limit_bytes, False
        self.spilled_bytes = self.kept_bytes = 0
        self.keep_limit_bytes = keep_bytes

    @property
    def share_bytes(self) -> int:
        """What one thing may hold."""
        return max(1, (self.limit_bytes - min(self.kept_bytes, self.limit_bytes * 3 // 4)) // _PARTS)

    @property
    def keep_bytes(self) -> int:
        """What rows kept for later actions may take of it."""
        return self.keep_limit_bytes or self.limit_bytes * 2 // 3

    @property
    def buffer_bytes(self) -> int:
        """What is gathered before it is written."""
        return max(1, min(self.share_bytes // 2, _LARGEST_BUFFER_BYTES))


def memory_of(world: World, config: Config, told_bytes: int = 0, folder: str = "") -> Memory:
    """The budget and folder that are told, else those of `PYMPR_MEMORY_BYTES` and `PYMPR_SCRATCH_DIR`.

    Without any, the ranks of a node share three quarters of its memory or of their control group's limit.
    """
    told = told_bytes or config.memory_bytes
    limit = told or int(memory_bytes() * _SHARE_OF_MEMORY) // world.node().size
    memory = Memory(world.rank, limit, ScratchFolder(folder or config.scratch_dir), config.keep_bytes)
    memory.is_told = bool(told)
    return memory


def size_of(block: Block) -> int:
    """About what a block takes in memory."""
    return block.nbytes if isinstance(block, (ColumnBlock, ManyBlock)) else _OBJECT_FACTOR * held_bytes(block)


def held_bytes(block: Block) -> int:
    """About what a block takes in memory, objects as their pickles."""
    if isinstance(block, (ColumnBlock, ManyBlock)):
        return block.nbytes
    sample: list[Any] = list(block.values[:_SAMPLE])
    try:
        each = len(pack(sample)) // max(len(sample), 1)
    except Exception:  # pickling runs the classes' own code, which may raise anything
        each = 0
    return block.nbytes + each * len(block)


def no_room(memory: Memory, stage: str, written: int, wanted: int, error: OSError) -> ScratchError:
    """What a failed write says."""
    return ScratchError(
        f"scratch folder {memory.folder.path}: {error.strerror}: rank {memory.rank} has written {written} bytes for "
        f"{stage} there and needs {wanted} more; name a folder with room in PYMPR_SCRATCH_DIR, or allow more memory "
        "in PYMPR_MEMORY_BYTES"
    )
