"""Functions of the standard library, called in a quicker way that gives the same."""

import json
import types
from collections.abc import Callable
from typing import Any


def quick(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, or one that takes the same way to the same value or exception with fewer steps.

    >>> quick(len) is len, quick(json.loads) is json.loads, quick(json.loads)("[1, 2]")
    (True, False, [1, 2])
    """
    is_loads = type(function) is types.FunctionType and function is json.loads and function.__module__ == "json"
    return _json_loads(function) if is_loads else function


def _json_loads(loads: Callable[..., Any]) -> Callable[..., Any]:
    """json.loads looks for white space around every text, by two regular expressions that cost as much as the rest."""
    scan = json.JSONDecoder().scan_once

    def quick_loads(text: Any) -> Any:
        if type(text) is str:
            try:
                value, end = scan(text, 0)
                if end == len(text):
                    return value
            except (ValueError, StopIteration, RecursionError):
                pass
        return loads(text)

    return quick_loads
