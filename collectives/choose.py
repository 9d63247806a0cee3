"""Which variant of the exchange: the only home of thresholds."""

from collections.abc import Callable
from typing import Any

from pympr.collectives.agree import same_on_all_ranks
from pympr.collectives.alltoall_flat import exchange_flat
from pympr.collectives.alltoall_node import exchange_node
from pympr.collectives.alltoall_solo import exchange_solo
from pympr.collectives.cores import core_mask
from pympr.collectives.nodespace import NodeSpace
from pympr.collectives.world import World
from pympr.config import Config

# Where a rank writes in every inbox is faulted in at a tenth of the price of touching it page by page; of many inboxes
# too little is written for that.
_RANKS_THAT_POPULATE = 8

VARIANTS = ("auto", "node", "flat")


def choose_exchange(world: World, variant: str) -> Callable[..., Any]:
    """The function that runs the exchange; the same on all ranks. Collective at the first call for a `variant`.

    "auto" means `PYMPR_EXCHANGE`, and without it: "node" where all ranks share a
    node and its memory passed the self-test, else "flat". ValueError for a
    variant that there is not, or that cannot work here.
    """
    if world.is_solo:
        return exchange_solo
    chosen = world.attached.setdefault("exchange", _Chosen())
    if variant not in chosen.functions:
        chosen.functions[variant] = _choose(world, variant)
    return chosen.functions[variant]


class _Chosen:
    """What was chosen for each wish, once a world."""

    def __init__(self):
        self.functions: dict[str, Callable[..., Any]] = {}

    def free(self) -> None:
        self.functions.clear()


def explain_exchange(world: World) -> str:
    """Which variant "auto" means in `world` and why. Collective at the first call."""
    function = choose_exchange(world, "auto")
    if function is not exchange_flat:
        return function.__name__.removeprefix("exchange_")
    return f"flat: {_obstacle(world) or 'asked for'}"


def _choose(world: World, variant: str) -> Callable[..., Any]:
    wish = Config().exchange if variant == "auto" else variant
    place = VARIANTS.index(wish) if wish in VARIANTS else len(VARIANTS)
    if not same_on_all_ranks(world, place):
        raise ValueError(f"the ranks ask for different variants of the exchange; this one for {wish!r}")
    if wish not in VARIANTS:
        raise ValueError(f"unknown variant of the exchange {wish!r}; there are {', '.join(VARIANTS)}")
    if wish == "flat":
        return exchange_flat
    obstacle = _obstacle(world)
    if wish == "node" and obstacle:
        raise ValueError(f"the node variant of the exchange cannot work here: {obstacle}")
    return exchange_flat if obstacle else exchange_node


def _obstacle(world: World) -> str | None:
    """Why the ranks cannot exchange through the memory of one node, the same on all of them; None when they can."""
    if world.node().size < world.size:
        return "the ranks are on several nodes"
    return NodeSpace.of(world, count_spins(world.size, len(core_mask())), world.size <= _RANKS_THAT_POPULATE).obstacle


def count_spins(ranks: int, cores: int) -> int:
    """How often a rank looks at a flag before it yields its core: not at all when another rank needs that core.

    4000 looks are some 100 us, more than the usual difference between ranks.
    """
    return 4000 if ranks <= cores else 0
