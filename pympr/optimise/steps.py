"""What each bytecode instruction does to expressions; Python 3.11 to 3.14.

No NULL is ever put on the stack: a callable is one entry, a bound method too.
"""

import dis
import types
from typing import Any

from pympr.optimise import loops, matches
from pympr.optimise.calls import attribute, call
from pympr.optimise.parts import contains, subscript, unpack
from pympr.optimise.values import Each, Known, MakeList, Slice, Split, Unknown, has_column, lift, operand
from pympr.plan.bindings import MISSING
from pympr.plan.expression import Constant, Expression, MakeTuple, Operation

SKIPPED = {
    "RESUME", "CACHE", "PRECALL", "PUSH_NULL", "NOP", "COPY_FREE_VARS", "NOT_TAKEN", "TO_BOOL", "EXTENDED_ARG",
    "MAKE_CELL", "END_FOR",
}  # fmt: skip
_NOTHING = object()  # stands on the stack for a variable without a value
_TOTAL = ("not", "is None", "bool")  # these never raise


class Path:
    """One way through a function, up to where it forks or ends."""

    def __init__(self, trace: Any, function: types.FunctionType, stack: list[Any], local: dict[str, Any]) -> None:
        self.trace, self.function, self.stack, self.local = trace, function, stack, local
        self.effects: list[Expression] = []
        self.keywords: tuple[str, ...] = ()

    def pop(self) -> Any:
        return self.stack.pop()

    def pop_all(self, count: int) -> list[Any]:
        """The last `count` entries, in their order."""
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def computed(self, expression: Expression) -> Expression:
        """The expression, remembered as computed on this way: it may raise."""
        self.effects.append(expression)
        return expression

    def operation(self, name: str, *of: Any, options: tuple[Any, ...] = ()) -> Expression:
        """A built-in operation on values; constants are computed at once."""
        made = Operation(name, tuple(map(operand, of)), options)
        return made if name in _TOTAL else self.computed(made)

    def binary(self, symbol: str, left: Any, right: Any) -> Expression:
        """An operator of two values."""
        if isinstance(left, Constant) and isinstance(right, Constant) and symbol in _FOLDED:
            try:
                value = _FOLDED[symbol](left.value, right.value)
            except Exception:  # so Python will say, for every record
                value = None
            if value is not None and has_column(value):
                return Constant(value)
        return self.operation(symbol, left, right)

    def is_none(self, value: Any) -> Expression:
        if isinstance(value, matches.Matched):
            return Operation("not", (matches.truth(value),))
        value = operand(value)
        if isinstance(value, Constant):
            return Constant(value.value is None)
        return Constant(False) if isinstance(value, MakeTuple) else Operation("is None", (value,))

    def truth(self, value: Any) -> Expression:
        """What a jump looks at."""
        if isinstance(value, Constant):
            return Constant(bool(value.value))
        if isinstance(value, MakeTuple):
            return Constant(bool(value.items))
        if isinstance(value, Split):
            return call(self, Known(len), [value], {})
        if isinstance(value, (matches.Matched, matches.Listed)):
            return matches.truth(value)
        return operand(value)


_FOLDED = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b if {type(a), type(b)} <= {int, float, bool} else None,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
}


def _load(path: Path, step: dis.Instruction) -> None:
    names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
    cells = path.function.__code__.co_cellvars  # from 3.13 on they are loaded like other variables
    path.stack += [Known(loops.Cell(name)) if name in cells else _local(path, name) for name in names]


def _local(path: Path, name: str) -> Any:
    if name not in path.local:
        raise Unknown(f"{name!r} may have no value")
    return path.local[name]


def _store(path: Path, step: dis.Instruction) -> None:
    names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
    for name in names:
        value = path.pop()
        if value is _NOTHING:
            path.local.pop(name, None)
        else:
            path.local[name] = value


def _store_load(path: Path, step: dis.Instruction) -> None:
    path.local[step.argval[0]] = path.pop()
    path.stack.append(_local(path, step.argval[1]))


def _delete(path: Path, step: dis.Instruction) -> None:
    if path.local.pop(step.argval, None) is None:
        raise Unknown(f"{step.argval!r} may have no value")


def _load_constant(path: Path, step: dis.Instruction) -> None:
    value = step.argval
    if isinstance(value, slice):  # Python 3.14
        bounds = (value.start, value.stop) if value.step is None else (value.start, value.stop, value.step)
        path.stack.append(Slice(tuple(map(Constant, bounds))))
    else:
        path.stack.append(lift(value))


def _load_global(path: Path, step: dis.Instruction) -> None:
    names, name = path.function.__globals__, step.argval
    value = path.trace.bindings.look_up(names, name)
    if value is MISSING:
        builtins = path.function.__builtins__
        value = path.trace.bindings.look_up(builtins, name)
    if value is MISSING:
        raise Unknown(f"there is no {name!r}")
    if isinstance(value, type) and issubclass(value, BaseException):
        raise Unknown(f"raises {name}")
    path.stack.append(_plain_or_known(path, value, name))


def _load_closed_over(path: Path, step: dis.Instruction) -> None:
    if step.argval in path.local:  # of a function whose variables are read here too
        path.stack.append(path.local[step.argval])
        return
    cells = dict(zip(path.function.__code__.co_freevars, path.function.__closure__ or ()))
    if step.argval not in cells:
        raise Unknown(f"{step.argval!r} is a variable of a function inside")
    value = path.trace.bindings.look_into(cells[step.argval])
    if value is MISSING:
        raise Unknown(f"{step.argval!r} has no value yet")
    path.stack.append(_plain_or_known(path, value, step.argval))


def _plain_or_known(path: Path, value: Any, name: str) -> Any:
    lifted = lift(value)
    if type(value) is list and (items := loops.known_list(path, value, name)) is not None:
        return items
    if isinstance(lifted, Known) and isinstance(value, (list, dict, set, bytearray)):
        raise Unknown(f"{name!r} is a {type(value).__name__}, which may change")
    return lifted


def _store_closed_over(path: Path, step: dis.Instruction) -> None:
    if step.argval not in path.function.__code__.co_cellvars or loops.MADE in path.local:
        raise Unknown("assigns a variable of an enclosing function")
    path.local[step.argval] = path.pop()


def _load_cell(path: Path, step: dis.Instruction) -> None:
    path.stack.append(Known(loops.Cell(step.argval)))


def _attribute(path: Path, step: dis.Instruction) -> None:
    path.stack.append(attribute(path, path.pop(), step.argval))


def _keywords(path: Path, step: dis.Instruction) -> None:
    path.keywords = path.function.__code__.co_consts[step.arg or 0]


def _call(path: Path, step: dis.Instruction) -> None:
    if step.opname == "CALL_KW":
        path.keywords = path.pop().value
    arguments = path.pop_all(step.arg or 0)
    names, path.keywords = path.keywords, ()
    positional = len(arguments) - len(names)
    target = path.pop()
    if isinstance(target, loops.Iterating) and path.stack and isinstance(path.stack[-1], loops.Inner):
        path.stack.append(loops.call_inner(path, path.pop(), target))
        return
    path.stack.append(call(path, target, arguments[:positional], dict(zip(names, arguments[positional:]))))


def _build_tuple(path: Path, step: dis.Instruction) -> None:
    items = path.pop_all(step.arg or 0)
    if items and all(isinstance(item, Known) for item in items):
        path.stack.append(Known(tuple(item.value for item in items)))
    else:
        path.stack.append(MakeTuple(tuple(operand(item) for item in items)))


def _build_list(path: Path, step: dis.Instruction) -> None:
    path.stack.append(MakeList(tuple(operand(item) for item in path.pop_all(step.arg or 0))))


def _build_slice(path: Path, step: dis.Instruction) -> None:
    path.stack.append(Slice(tuple(path.pop_all(step.arg or 0))))


def _build_string(path: Path, step: dis.Instruction) -> None:
    path.stack.append(path.operation("concat", *path.pop_all(step.arg or 0)))


def _unpack(path: Path, step: dis.Instruction) -> None:
    path.stack += reversed(unpack(path, path.pop(), step.arg or 0))


def _binary(path: Path, step: dis.Instruction) -> None:
    right, symbol = path.pop(), step.argrepr
    left = path.pop()
    if symbol == "[]":
        path.stack.append(subscript(path, left, right))
        return
    symbol = symbol[:-1] if symbol.endswith("=") else symbol
    if matches.are_flags(left, right) and symbol == "|":
        path.stack.append(Known(left.value | right.value))
        return
    if isinstance(left, MakeTuple) and isinstance(right, MakeTuple) and symbol == "+":
        path.stack.append(MakeTuple(left.items + right.items))
        return
    path.stack.append(path.binary(symbol, left, right))


def _subscript(path: Path, step: dis.Instruction) -> None:
    index = path.pop()
    path.stack.append(subscript(path, path.pop(), index))


def _slice(path: Path, step: dis.Instruction) -> None:
    bounds = tuple(path.pop_all(2))
    path.stack.append(subscript(path, path.pop(), Slice(bounds)))


def _compare(path: Path, step: dis.Instruction) -> None:
    right = path.pop()
    path.stack.append(path.operation(step.argval, path.pop(), right))


def _is(path: Path, step: dis.Instruction) -> None:
    right, left = path.pop(), path.pop()
    if not isinstance(right, Constant) or right.value is not None:
        raise Unknown("'is' with anything but None")
    found = path.is_none(left)
    path.stack.append(_negated(found) if step.arg else found)


def _contains(path: Path, step: dis.Instruction) -> None:
    container, item = path.pop(), path.pop()
    found = contains(path, container, item)
    path.stack.append(_negated(found) if step.arg else found)


def _not(path: Path, step: dis.Instruction) -> None:
    path.stack.append(_negated(path.truth(path.pop())))


def _negated(value: Expression) -> Expression:
    return Constant(not value.value) if isinstance(value, Constant) else Operation("not", (value,))


def _unary(name: str) -> Any:
    return lambda path, step: path.stack.append(path.operation(name, path.pop()))


def _intrinsic(path: Path, step: dis.Instruction) -> None:
    if step.argrepr != "INTRINSIC_UNARY_POSITIVE":
        raise Unknown(f"the step {step.argrepr} is not known")
    path.stack.append(path.operation("pos", path.pop()))


_CONVERSIONS = {1: "str", 2: "repr", 3: "ascii"}


def _format_value(path: Path, step: dis.Instruction) -> None:
    """Python 3.11 and 3.12: conversion and format in one."""
    flags = step.arg or 0
    spec = path.pop() if flags & 4 else None
    value = path.pop()
    if flags & 3:
        value = path.operation(_CONVERSIONS[flags & 3], value)
    path.stack.append(_formatted(path, value, spec))


def _convert(path: Path, step: dis.Instruction) -> None:
    path.stack.append(path.operation(_CONVERSIONS[step.arg or 0], path.pop()))


def _format_simple(path: Path, step: dis.Instruction) -> None:
    path.stack.append(_formatted(path, path.pop(), None))


def _format_with(path: Path, step: dis.Instruction) -> None:
    spec = path.pop()
    path.stack.append(_formatted(path, path.pop(), spec))


def _formatted(path: Path, value: Any, spec: Any) -> Expression:
    return path.operation("str", value) if spec is None else path.operation("format", value, spec)


def _swap(path: Path, step: dis.Instruction) -> None:
    stack, depth = path.stack, step.arg or 0
    stack[-1], stack[-depth] = stack[-depth], stack[-1]


def _copy(path: Path, step: dis.Instruction) -> None:
    path.stack.append(path.stack[-(step.arg or 0)])


def _make_function(path: Path, step: dis.Instruction) -> None:
    path.stack.append(loops.make_inner(path, step.arg or 0))


def _set_of_function(path: Path, step: dis.Instruction) -> None:
    """Python 3.13 and later."""
    inner = path.pop()
    if step.arg != 8 or not isinstance(inner, loops.Inner):
        raise Unknown("makes a function or a comprehension")
    path.stack.append(loops.close_over(path, inner))


def _load_and_clear(path: Path, step: dis.Instruction) -> None:
    """The variable of a comprehension that is part of the function; what it was comes back at the end."""
    path.stack.append(path.local.pop(step.argval, _NOTHING))


def _pop_top(path: Path, step: dis.Instruction) -> None:
    if isinstance(path.pop(), Each):
        raise Unknown("drops what a loop makes")


HANDLERS = {
    **dict.fromkeys(("LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK"), _load),
    **dict.fromkeys(("LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW"), _load),
    **dict.fromkeys(("STORE_FAST", "STORE_FAST_STORE_FAST"), _store),
    **dict.fromkeys(("LOAD_CONST", "LOAD_SMALL_INT", "LOAD_CONST_IMMORTAL"), _load_constant),
    **dict.fromkeys(("LOAD_METHOD", "LOAD_ATTR"), _attribute),
    **dict.fromkeys(("CALL", "CALL_KW"), _call),
    "STORE_FAST_LOAD_FAST": _store_load,
    "DELETE_FAST": _delete,
    "LOAD_GLOBAL": _load_global,
    "LOAD_DEREF": _load_closed_over,
    "KW_NAMES": _keywords,
    "BUILD_TUPLE": _build_tuple,
    "BUILD_LIST": _build_list,
    "BUILD_SLICE": _build_slice,
    "BUILD_STRING": _build_string,
    "UNPACK_SEQUENCE": _unpack,
    "BINARY_OP": _binary,
    "BINARY_SUBSCR": _subscript,
    "BINARY_SLICE": _slice,
    "COMPARE_OP": _compare,
    "IS_OP": _is,
    "CONTAINS_OP": _contains,
    "UNARY_NOT": _not,
    "UNARY_NEGATIVE": _unary("neg"),
    "UNARY_INVERT": _unary("invert"),
    "UNARY_POSITIVE": _unary("pos"),
    "CALL_INTRINSIC_1": _intrinsic,
    "FORMAT_VALUE": _format_value,
    "FORMAT_SIMPLE": _format_simple,
    "FORMAT_WITH_SPEC": _format_with,
    "CONVERT_VALUE": _convert,
    "SWAP": _swap,
    "COPY": _copy,
    "POP_TOP": _pop_top,
    "POP_ITER": _pop_top,
    "MAKE_FUNCTION": _make_function,
    "SET_FUNCTION_ATTRIBUTE": _set_of_function,
    "LOAD_CLOSURE": _load_cell,
    "STORE_DEREF": _store_closed_over,
    "LOAD_FAST_AND_CLEAR": _load_and_clear,
    "GET_ITER": lambda path, step: path.stack.append(loops.begin(path, path.pop())),
    "LIST_APPEND": lambda path, step: loops.append(path, step.arg or 0),
    "YIELD_VALUE": lambda path, step: loops.yields(path),
    "RETURN_GENERATOR": lambda path, step: path.stack.append(Constant(None)),
}
