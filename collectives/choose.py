"""Which variant of the exchange: the only home of thresholds."""

import functools
from collections.abc import Callable
from typing import Any

from pympr.collectives.agree import any_failed, same_on_all_ranks
from pympr.collectives.alltoall_flat import FlatWay
from pympr.collectives.alltoall_grid import GridWay
from pympr.collectives.alltoall_node import exchange_node
from pympr.collectives.alltoall_packed import exchange_packed
from pympr.collectives.alltoall_solo import exchange_solo
from pympr.collectives.alltoall_sparse import SparseWay
from pympr.collectives.alltoall_two_level import TwoLevelWay
from pympr.collectives.calibrate import calibrate
from pympr.collectives.cores import core_mask
from pympr.collectives.model import USUAL, Network, Places, Prediction, Volumes, predict
from pympr.collectives.nodemap import nodes_of
from pympr.collectives.nodespace import NodeSpace
from pympr.collectives.way import Way
from pympr.collectives.world import World
from pympr.config import Config

# Where a rank writes in every inbox is faulted in at a tenth of the price of touching it page by page; of many inboxes
# too little is written for that.
_RANKS_THAT_POPULATE = 8

# The network is measured at the first exchange with so many bytes of a rank, or, where all are small, when there have
# been some: below, what measuring costs is more than a better choice saves.
_CALIBRATED_BYTES = 1 << 16
_CALIBRATED_EXCHANGES = 16

_WAYS: dict[str, type[Way]] = {
    "flat": FlatWay,
    "grid": GridWay,
    "two-level": TwoLevelWay,
    "sparse": SparseWay,
}
VARIANTS = ("auto", "node", *_WAYS)


def choose_exchange(world: World, variant: str) -> Callable[..., Any]:
    """The function that runs the exchange; the same on all ranks. Collective at the first call for a `variant`.

    "auto" means `PYMPR_EXCHANGE`, and without it: "node" where all ranks share a
    node and its memory passed the self-test, else what costs least for the volumes
    of each exchange. ValueError for a variant that there is not, or that cannot work here.
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
    if not isinstance(function, functools.partial):
        return function.__name__.removeprefix("exchange_")
    wish = Config().exchange
    return f"{wish}: asked for" if wish in _WAYS else f"by volume: {_obstacle(world)}"


def _choose(world: World, variant: str) -> Callable[..., Any]:
    config = Config()
    wish = config.exchange if variant == "auto" else variant
    place = VARIANTS.index(wish) if wish in VARIANTS else len(VARIANTS)
    if not same_on_all_ranks(world, place):
        raise ValueError(f"the ranks ask for different variants of the exchange; this one for {wish!r}")
    if wish not in VARIANTS:
        raise ValueError(f"unknown variant of the exchange {wish!r}; there are {', '.join(VARIANTS)}")
    if wish in ("auto", "node"):
        obstacle = _obstacle(world)
        if not obstacle:
            return exchange_node
        if wish == "node":
            raise ValueError(f"the node variant of the exchange cannot work here: {obstacle}")
    if wish == "two-level" and (obstacle := _two_level_obstacle(world)):
        raise ValueError(f"the two-level variant of the exchange cannot work here: {obstacle}")
    ways = (wish,) if wish in _WAYS else tuple(_WAYS)
    return functools.partial(exchange_packed, choose=_Choice(world, ways), batch_bytes=config.round_bytes)


class _Choice:
    """Chooses among some `ways` for each exchange of a world, by what the model says of its volumes."""

    def __init__(self, world: World, ways: tuple[str, ...]):
        if len(ways) > 1 and _two_level_obstacle(world):
            ways = tuple(way for way in ways if way != "two-level")
        self._ways = ways
        self._exchanges = 0

    def __call__(self, world: World, volumes: Volumes) -> tuple[type[Way], Prediction]:
        """The way that takes the fewest seconds; of equals the first in the table."""
        self._exchanges += 1
        if self._exchanges == _CALIBRATED_EXCHANGES and len(self._ways) > 1:
            _network(world, True)
        predictions = {way: predict_exchange(world, volumes, way) for way in self._ways}
        best = min(self._ways, key=lambda way: predictions[way].seconds)
        return _WAYS[best], predictions[best]


def predict_exchange(world: World, volumes: Volumes, variant: str) -> Prediction:
    """What an exchange between nodes costs by a variant, in seconds, messages and bytes of the busiest rank.

    Collective at the first call with so many bytes that it is worth to measure the network, and at the first of all.
    """
    nodes = nodes_of(world)
    fullest = int((nodes.members_start[1:] - nodes.members_start[:-1]).max())
    network = _network(world, volumes.most_bytes >= _CALIBRATED_BYTES)
    return predict(variant, volumes, Places(world.size, nodes.count, fullest), network)


class _Measured:
    """The network of a world, once it was worth measuring."""

    def __init__(self, network: Network):
        self.network = network

    def free(self) -> None:
        """Nothing is held."""


def _network(world: World, is_worth: bool) -> Network:
    found = world.attached.get("network")
    if found is None and is_worth:
        found = world.attached["network"] = _Measured(calibrate(world, nodes_of(world)))
    return USUAL if found is None else found.network


def _obstacle(world: World) -> str | None:
    """Why the ranks cannot exchange through the memory of one node, the same on all of them; None when they can."""
    if world.node().size < world.size:
        return "the ranks are on several nodes"
    return _space_of(world).obstacle


def _two_level_obstacle(world: World) -> str | None:
    """Why the ranks of some node do not see each other's memory; the same on all ranks."""
    if any_failed(world, _space_of(world.node()).obstacle is not None):
        return _space_of(world.node()).obstacle or "on another node ranks do not see each other's memory"
    return None


def _space_of(world: World) -> NodeSpace:
    return NodeSpace.of(world, count_spins(world.size, len(core_mask())), world.size <= _RANKS_THAT_POPULATE)


def count_spins(ranks: int, cores: int) -> int:
    """How often a rank looks at a flag before it yields its core: not at all when another rank needs that core.

    4000 looks are some 100 us, more than the usual difference between ranks.
    """
    return 4000 if ranks <= cores else 0
