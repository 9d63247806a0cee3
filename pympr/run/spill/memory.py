"""How much of what a rank works on may be in memory, and where the rest goes."""

from pympr.collectives.segment import memory_bytes
from pympr.collectives.world import World
from pympr.config import Config
from pympr.data.block import Block, ColumnBlock
from pympr.errors import ScratchError
from pympr.run.kept_pieces import held_bytes
from pympr.run.spill.folder import ScratchFolder

# Of the memory that the ranks of a node share, so much is for the rows they work on.
_SHARE_OF_MEMORY = 0.75
# Rows waiting to leave a stage, rows just arrived, and what an operator makes of rows while it works on them: a
# wide step holds its rows, their order, a copy in that order and a table at the same time.
_PARTS = 4
_LARGEST_BUFFER_BYTES = 64 << 20
# A Python object takes about so many times what its pickle does.
_OBJECT_FACTOR = 4


class Memory:
    """A rank's memory budget.

    `limit_bytes` is the budget, `share_bytes` what one thing may hold of it: rows that
    wait to leave a stage, rows that arrived, rows of which an operator makes others.
    What is more goes to files in `folder`.
    """

    def __init__(self, rank: int, limit_bytes: int, folder: ScratchFolder) -> None:
        self.rank, self.folder = rank, folder
        self.limit_bytes = limit_bytes
        self.spilled_bytes = 0

    @property
    def share_bytes(self) -> int:
        """What one thing may hold."""
        return max(1, self.limit_bytes // _PARTS)

    @property
    def buffer_bytes(self) -> int:
        """What is gathered before it is written."""
        return max(1, min(self.share_bytes // 2, _LARGEST_BUFFER_BYTES))

    def set(self, limit_bytes: int = 0, folder: str = "") -> None:
        """Change the budget or the folder; the same on every rank."""
        self.limit_bytes = limit_bytes or self.limit_bytes
        self.folder = ScratchFolder(folder) if folder else self.folder


def memory_of(world: World, config: Config) -> Memory:
    """The budget of `PYMPR_MEMORY_BYTES`, else the node's memory (or control group's limit) shared by its ranks."""
    limit = config.memory_bytes or int(memory_bytes() * _SHARE_OF_MEMORY) // world.node().size
    return Memory(world.rank, limit, ScratchFolder(config.scratch_dir))


def size_of(block: Block) -> int:
    """About what a block takes in memory."""
    return block.nbytes if isinstance(block, ColumnBlock) else _OBJECT_FACTOR * held_bytes(block)


def no_room(memory: Memory, stage: str, written: int, wanted: int, error: OSError) -> ScratchError:
    """What a failed write says."""
    return ScratchError(
        f"scratch folder {memory.folder.path}: {error.strerror}: rank {memory.rank} has written {written} bytes for "
        f"{stage} there and needs {wanted} more; name a folder with room in PYMPR_SCRATCH_DIR, or allow more memory "
        "in PYMPR_MEMORY_BYTES"
    )
