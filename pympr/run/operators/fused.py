"""Python functions over records, fused so that no list stands between them."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from pympr.data.block import Block, ObjectBlock
from pympr.plan.function import Function

Steps = tuple[tuple[str, Function], ...]


def run_steps(steps: Steps, blocks: Iterator[Block]) -> Iterator[Block]:
    """One block of results for every block of records.

    An exception of a user function leaves as itself, with a note that says
    which record of which block it was.
    """
    for block in blocks:
        records = block.records()
        source, end = iter(records), _End()
        try:
            results = list(_chain(steps, chain(source, end)))
            end.check()
        except Exception as error:
            _note_position(error, records, source)
            raise
        yield ObjectBlock(results)


class _End:
    """Nothing, at the end of the records: `map` and its kin take a function's StopIteration for the end of theirs."""

    def __init__(self) -> None:
        self._was_reached = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._was_reached = True
        raise StopIteration

    def check(self) -> None:
        if not self._was_reached:
            raise RuntimeError("a function raised StopIteration: give next() a default, or catch it in the function")


def _chain(steps: Steps, records: Iterator[Any]) -> Iterator[Any]:
    for verb, function in steps:
        records = _VERBS[verb](function.call, records)
    return records


def _map_values(function: Callable[[Any], Any], records: Iterator[Any]) -> Iterator[Any]:
    return ((record[0], function(record[1])) for record in records)


def _flat_map_values(function: Callable[[Any], Any], records: Iterator[Any]) -> Iterator[Any]:
    return ((record[0], item) for record in records for item in function(record[1]))


_VERBS: dict[str, Callable[[Callable, Iterator[Any]], Iterator[Any]]] = {
    "map": map,
    "filter": filter,
    "flatMap": lambda function, records: chain.from_iterable(map(function, records)),
    "mapValues": _map_values,
    "flatMapValues": _flat_map_values,
}


def _note_position(error: Exception, records: Any, source: Iterator[Any]) -> None:
    """The record at which the iterator stands is the one that failed."""
    hint = getattr(source, "__length_hint__", None)
    if hint is None or any("record " in note for note in getattr(error, "__notes__", ())):
        return
    position = len(records) - hint() - 1
    if 0 <= position < len(records):
        error.add_note(f"record {position} of its block: {_short(records[position])}")


def _short(record: Any) -> str:
    try:
        text = repr(record)
    except Exception as error:
        text = f"<{type(record).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= 200 else text[:200] + "..."
