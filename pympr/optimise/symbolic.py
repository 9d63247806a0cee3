"""What a small function computes, read from its code object.

Only steps whose meaning on columns is exactly Python's are known; anything else
gives None, and the function runs as Python.
"""

import dis
import operator
import types
from collections.abc import Callable
from typing import Any

from pympr.plan.expression import (
    Argument,
    Constant,
    Contains,
    Expression,
    Item,
    MakeTuple,
    Negative,
    Not,
    Prefix,
    SplitItem,
)

_SKIPPED = {"RESUME", "CACHE", "PRECALL", "PUSH_NULL", "NOP", "COPY_FREE_VARS", "NOT_TAKEN", "TO_BOOL"}
_LOADS = {"LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK"}
_CONSTANTS = {"LOAD_CONST", "LOAD_SMALL_INT", "LOAD_CONST_IMMORTAL"}


class Unknown(Exception):
    """A step that is not known to mean the same on columns."""


class _Method:
    """A bound method on the stack, waiting for its arguments."""

    def __init__(self, of: Any, name: str) -> None:
        self.of, self.name = of, name


class _Global:
    """A global name on the stack."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Second(Expression):
    """The second argument of a function of two."""


class SplitCall:
    """`of.split(...)`, a list that is not yet indexed."""

    def __init__(self, of: Expression, arguments: tuple[Any, ...], from_right: bool) -> None:
        self.of, self.arguments, self.from_right = of, arguments, from_right


def run(function: types.FunctionType, arguments: list[Any]) -> Any:
    """The symbolic result of a function without branches, or Unknown."""
    code = function.__code__
    is_plain = code.co_argcount == len(arguments) and not code.co_kwonlyargcount
    if not is_plain or code.co_flags & 0x0C or code.co_cellvars:
        raise Unknown
    local, stack = dict(zip(code.co_varnames, arguments)), []
    for step in dis.get_instructions(code):
        if step.opname in _SKIPPED:
            continue
        if step.opname == "RETURN_VALUE":
            return stack.pop()
        if step.opname == "RETURN_CONST":
            return Constant(step.argval)
        _step(step, stack, local, function)
    raise Unknown


def _step(step: dis.Instruction, stack: list[Any], local: dict, function: types.FunctionType) -> None:
    name = step.opname
    if name in _LOADS:
        stack.append(local[step.argval])
    elif name in ("LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW"):
        stack.extend(local[part] for part in step.argval)
    elif name in _CONSTANTS:
        stack.append(Constant(step.argval))
    elif name == "LOAD_GLOBAL":
        stack.append(_global(step.argval, function))
    elif name == "LOAD_DEREF":
        stack.append(_closed_over(step.argval, function))
    elif name in ("LOAD_METHOD", "LOAD_ATTR"):
        stack.append(_attribute(stack.pop(), step.argval))
    elif name == "CALL":
        count = step.arg or 0
        arguments = tuple(stack[len(stack) - count :])
        del stack[len(stack) - count :]
        stack.append(_call(stack.pop(), arguments))
    else:
        _operate(step, stack)


def _operate(step: dis.Instruction, stack: list[Any]) -> None:
    name = step.opname
    if name == "BUILD_TUPLE":
        items = stack[len(stack) - step.arg :]
        del stack[len(stack) - step.arg :]
        stack.append(MakeTuple(tuple(_expression(item) for item in items)))
    elif name == "BINARY_SUBSCR" or (name == "BINARY_OP" and step.argrepr == "[]"):
        index = stack.pop()
        stack.append(_subscript(stack.pop(), index))
    elif name == "BINARY_OP" and step.argrepr == "+":
        right = stack.pop()
        stack.append(("+", stack.pop(), right))
    elif name == "BINARY_SLICE":
        end, begin = stack.pop(), stack.pop()
        stack.append(_slice(stack.pop(), begin, end))
    elif name == "BUILD_SLICE" and step.arg == 2:
        end, begin = stack.pop(), stack.pop()
        stack.append(slice(begin, end))
    elif name == "CONTAINS_OP":
        stack.append(_contains(stack.pop(), stack.pop(), bool(step.arg)))
    elif name == "UNARY_NOT":
        stack.append(Not(_expression(stack.pop())))
    elif name == "UNARY_NEGATIVE":
        stack.append(Negative(_expression(stack.pop())))
    else:
        raise Unknown


def _global(name: str, function: types.FunctionType) -> _Global:
    builtins = function.__globals__.get("__builtins__", {})
    builtins = builtins if isinstance(builtins, dict) else vars(builtins)
    value = function.__globals__.get(name, builtins.get(name))
    if not any(value is known for known in (min, max, operator)):
        raise Unknown
    return _Global(value)


def _closed_over(name: str, function: types.FunctionType) -> Constant:
    """A variable of the enclosing function that holds a plain value; the plan's digest covers it."""
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or ()))
    try:
        value = cells[name].cell_contents
    except ValueError:  # not yet filled
        raise Unknown from None
    if type(value) not in (str, bytes, int, float, bool, type(None)):
        raise Unknown
    return Constant(value)


def _attribute(of: Any, name: str) -> Any:
    if isinstance(of, _Global) and of.value is operator and name in ("add", "itemgetter"):
        return _Global(getattr(operator, name))
    if isinstance(of, Expression) and name in ("split", "rsplit"):
        return _Method(of, name)
    raise Unknown


def _call(target: Any, arguments: tuple[Any, ...]) -> Any:
    if isinstance(target, _Method):
        constants = tuple(_constant(argument) for argument in arguments)
        return SplitCall(target.of, constants, target.name == "rsplit")
    if isinstance(target, _Global) and target.value in (min, max) and len(arguments) == 2:
        return (target.value.__name__, *arguments)
    if isinstance(target, _Global) and target.value is operator.add and len(arguments) == 2:
        return ("+", *arguments)
    raise Unknown


def _subscript(of: Any, index: Any) -> Any:
    if isinstance(index, slice):
        return _slice(of, index.start, index.stop)
    position = _constant(index)
    if type(position) is not int:
        raise Unknown
    if isinstance(of, SplitCall):
        return _split_item(of, position)
    if isinstance(of, Expression) and not isinstance(of, MakeTuple) and position >= 0:
        return Item(of, position)
    raise Unknown


def _split_item(call: SplitCall, position: int) -> SplitItem:
    separator = call.arguments[0] if call.arguments else None
    maxsplit = call.arguments[1] if len(call.arguments) > 1 else -1
    if type(maxsplit) is not int or not separator:
        raise Unknown
    _require_text(separator)
    _require_int64(maxsplit, position)
    return SplitItem(call.of, separator, maxsplit, position, call.from_right)


def _slice(of: Any, begin: Any, end: Any) -> Prefix:
    low, high = _constant(begin), _constant(end)
    if not (low is None or (type(low) is int and low == 0)) or type(high) is not int or high < 0:
        raise Unknown
    _require_int64(2 * high)
    return Prefix(_expression(of), high)


def _contains(of: Any, needle: Any, is_negated: bool) -> Expression:
    text = _constant(needle)
    _require_text(text)
    found = Contains(_expression(of), text)
    return Not(found) if is_negated else found


def _require_text(value: Any) -> None:
    """Unknown unless the value is a string that has UTF-8."""
    if type(value) is not str:
        raise Unknown
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unknown from None


def _require_int64(*numbers: int) -> None:
    if not all(-(2**63) <= number < 2**63 for number in numbers):
        raise Unknown


def _constant(value: Any) -> Any:
    if not isinstance(value, Constant):
        raise Unknown
    return value.value


def _expression(value: Any) -> Expression:
    if not isinstance(value, Expression):
        raise Unknown
    return value


def expression_of(call: Callable[..., Any]) -> Expression | None:
    """The column expression of a one-argument function, or None.

    >>> str(expression_of(lambda w: (w, 1)))
    '(x, 1)'
    >>> str(expression_of(lambda line: line.rsplit('"', 2)[1]))
    'x.rsplit(\\'"\\', 2)[1]'
    >>> expression_of(lambda x: print(x)) is None
    True
    """
    if isinstance(call, operator.itemgetter):
        return _itemgetter(call)
    result = _run(call, [Argument()])
    return result if isinstance(result, Expression) else None


def is_word_split(call: Callable[..., Any]) -> bool:
    """Whether a function is `str.split`, or a call of it without arguments.

    >>> is_word_split(str.split), is_word_split(lambda line: line.split())
    (True, True)
    >>> is_word_split(lambda line: line.split(" "))
    False
    """
    if call is str.split:
        return True
    result = _run(call, [Argument()])
    is_split = isinstance(result, SplitCall) and not result.from_right
    return is_split and isinstance(result.of, Argument) and not result.arguments


def operation_of(call: Callable[..., Any]) -> str | None:
    """sum, min or max when a two-argument function is just that, else None.

    >>> operation_of(operator.add), operation_of(lambda a, b: a + b), operation_of(max)
    ('sum', 'sum', 'max')
    >>> operation_of(lambda a, b: a - b) is None
    True
    """
    for known, name in ((operator.add, "sum"), (min, "min"), (max, "max")):
        if call is known:
            return name
    left, right = Argument(), _Second()
    result = _run(call, [left, right])
    if not isinstance(result, tuple) or result[1:] != (left, right):
        return None
    return {"+": "sum", "min": "min", "max": "max"}[result[0]]


def _itemgetter(call: operator.itemgetter) -> Expression | None:
    positions = call.__reduce__()[1]
    if len(positions) == 1 and type(positions[0]) is int and positions[0] >= 0:
        return Item(Argument(), positions[0])
    return None


def _run(call: Callable[..., Any], arguments: list[Any]) -> Any:
    if type(call) is not types.FunctionType:
        return None
    try:
        return run(call, arguments)
    except (Unknown, KeyError, IndexError):
        return None
