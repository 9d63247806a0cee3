"""What a user's function computes, as an expression over columns, or why that is not known."""

import functools
import types
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pympr.optimise import matches
from pympr.optimise.calls import call as call_known
from pympr.optimise.steps import Path
from pympr.optimise.trace import Trace
from pympr.optimise.values import Each, Known, Listed, MakeList, Matched, Split, Unknown, operand
from pympr.plan.bindings import Bindings
from pympr.plan.expression import Argument, Conditional, Expression, Fail, Operation
from pympr.plan.matching import MatchGroup

MOST_KEPT = 500  # translations that are kept for the next time
DEEPEST = 60  # levels of an expression
ARGUMENT = Argument()


class _Second(Expression):
    """The second argument of a function of two."""

    def text(self, depth: int) -> str:
        return "y"


SECOND = _Second()


@dataclass(frozen=True, eq=False)
class Translation:
    """What a function gives: an expression, a list of such (for flatMap), or None and the reason."""

    value: Any
    reason: str = ""
    bindings: Bindings = field(default_factory=Bindings)

    @property
    def expression(self) -> Expression | None:
        """The value when it is one that columns can hold."""
        return self.value if isinstance(self.value, Expression) else None

    @property
    def test(self) -> Expression | None:
        """What is true when the value is."""
        return matches.truth(self.value) if isinstance(self.value, (Matched, Listed)) else self.expression


_kept: dict[Any, Translation] = {}
_of_closures: dict[Any, Translation] = {}
_failed: weakref.WeakKeyDictionary[Any, dict[int, Translation]] = weakref.WeakKeyDictionary()


def translate(call: Callable[..., Any], count: int = 1) -> Translation:
    """The translation of a function of one argument, or of two; kept as long as it holds.

    >>> translate(lambda x: x + 1).value.text(9)
    'x + 1'
    >>> translate(lambda x: print(x)).reason.partition(": ")[2]
    'calls print, which is not known'
    """
    if type(call) is not types.FunctionType:
        return _translate(call, count) if isinstance(call, functools.partial) else _remembered(_kept, call, call, count)
    if call.__closure__ or call.__defaults__ or call.__kwdefaults__:
        return _translate_closure(call, count)
    # Functions of one code object without these differ in their globals only.
    return _remembered(_kept, (call.__code__, id(call.__globals__)), call, count)


def _remembered(kept: dict[Any, Translation], key: Any, call: Callable[..., Any], count: int) -> Translation:
    try:
        found = kept.get((key, count))
    except TypeError:  # not hashable
        return _translate(call, count)
    if found is None or not found.bindings.hold():
        if len(kept) >= MOST_KEPT:
            del kept[next(iter(kept))]
        found = kept[key, count] = _translate(call, count)
    return found


def _translate_closure(call: types.FunctionType, count: int) -> Translation:
    """What cannot be translated may close over much data: it is remembered only as long as the function lives."""
    failed = _failed.setdefault(call, {})
    if count in failed:
        return failed[count]
    found = _remembered(_of_closures, call, call, count)
    if found.value is None:
        del _of_closures[call, count]
        failed[count] = found = Translation(None, found.reason)
    return found


def _translate(call: Callable[..., Any], count: int) -> Translation:
    trace = Trace()
    path = Path(trace, _no_function, [], {})
    try:
        value = call_known(path, Known(call), [ARGUMENT, SECOND][:count], {})
        if isinstance(value, Fail):
            raise Unknown(value.reason)
        if not isinstance(value, (Split, MakeList, Each, Matched, Listed)):
            value = operand(value)
        _require_shallow(value)
        return Translation(value, "", trace.bindings)
    except Unknown as unknown:
        reason = f"{unknown.where}: {unknown.reason}" if unknown.where else unknown.reason
        return Translation(None, reason, trace.bindings)
    except RecursionError:
        return Translation(None, "the function is nested too deep", trace.bindings)


def _require_shallow(value: Any) -> None:
    """Unknown when expressions are nested deeper than it is safe to walk through them.

    Groups that are not met on the way are not wanted of their matches.
    """
    value = value.match if isinstance(value, Matched) else value.pieces if isinstance(value, Listed) else value
    level = value.items if isinstance(value, (MakeList, Each)) else (value,)
    _want_groups(level)
    for _ in range(DEEPEST):
        parts = {id(part): part for of in level if isinstance(of, Expression) for part in of.operands()}
        level = tuple(parts.values())
        _want_groups(level)
        if not level:
            return
    raise Unknown("the expression is nested too deep")


def _want_groups(level: Iterable[Any]) -> None:
    for part in level:
        if isinstance(part, MatchGroup):
            part.of.search.want(part.number)


def _no_function() -> None:
    """What calls the user's function."""


def expression_of(call: Callable[..., Any]) -> Expression | None:
    """The column expression of a one-argument function, or None.

    >>> str(expression_of(lambda w: (w, 1)))
    '(x, 1)'
    >>> str(expression_of(lambda line: line.rsplit('"', 2)[1]))
    'x.rsplit(\\'"\\', 2)[1]'
    >>> expression_of(lambda x: print(x)) is None
    True
    """
    return translate(call).expression


def is_word_split(call: Callable[..., Any]) -> bool:
    """Whether a function is `str.split`, or a call of it without arguments.

    >>> is_word_split(str.split), is_word_split(lambda line: line.split())
    (True, True)
    >>> is_word_split(lambda line: line.split(" "))
    False
    """
    split = translate(call).value
    if not isinstance(split, Split) or split.separator is not None or split.maxsplit >= 0:
        return False
    return split.of is ARGUMENT and not split.from_right


def operation_of(call: Callable[..., Any]) -> str | None:
    """sum, min or max when a two-argument function is just that, else None.

    >>> import operator
    >>> operation_of(operator.add), operation_of(lambda a, b: a + b), operation_of(max)
    ('sum', 'sum', 'max')
    >>> operation_of(lambda a, b: a - b) is None
    True
    """
    found = translate(call, 2).expression
    return None if found is None else _operation_on(found, ARGUMENT, SECOND)


def _operation_on(found: Expression, left: Expression, right: Expression) -> str | None:
    """What merges two values; which of equal ones min and max keep counts."""
    if found == Operation("+", (left, right)):
        return "sum"
    for name, symbol in (("min", "<"), ("max", ">")):
        if found == Conditional(Operation(symbol, (right, left)), right, left):
            return name
    return None
