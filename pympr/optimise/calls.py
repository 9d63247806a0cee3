"""Calls whose meaning is known: built-in functions, `operator`, `math`, methods of strings, the user's functions."""

import functools
import math
import operator
import re
import types
from typing import Any

from pympr.optimise import matches
from pympr.optimise.loops import counted, enumerated, zipped
from pympr.optimise.methods import METHODS, method
from pympr.optimise.parts import contains, subscript
from pympr.optimise.values import Items, Known, Listed, MakeList, Matched, Method, Split, Unknown, lift, operand
from pympr.plan.bindings import MISSING
from pympr.plan.expression import Conditional, Constant, Expression, MakeTuple, Operation
from pympr.plan.matching import IsMatch

_BINARY = {
    operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/", operator.floordiv: "//",
    operator.mod: "%", operator.pow: "**", operator.and_: "&", operator.or_: "|", operator.xor: "^",
    operator.lshift: "<<", operator.rshift: ">>", operator.lt: "<", operator.le: "<=", operator.eq: "==",
    operator.ne: "!=", operator.gt: ">", operator.ge: ">=", operator.concat: "+",
}  # fmt: skip
_UNARY = {
    operator.neg: "neg", operator.pos: "pos", operator.invert: "invert", operator.inv: "invert",
    operator.abs: "abs", abs: "abs", int: "int", float: "float", str: "str", repr: "repr", ascii: "ascii",
    ord: "ord", chr: "chr", math.sqrt: "sqrt", math.exp: "exp", math.log: "log", math.log2: "log2",
    math.log10: "log10", math.log1p: "log1p", math.expm1: "expm1", math.sin: "sin", math.cos: "cos",
    math.tan: "tan", math.asin: "asin", math.acos: "acos", math.atan: "atan", math.sinh: "sinh",
    math.cosh: "cosh", math.tanh: "tanh", math.fabs: "fabs", math.floor: "floor", math.ceil: "ceil",
    math.trunc: "trunc", math.isnan: "isnan", math.isinf: "isinf", math.isfinite: "isfinite",
}  # fmt: skip
_TYPES = (int, float, bool, str, bytes, tuple, list, dict, set, type(None), complex)


def attribute(path: Any, of: Any, name: str) -> Any:
    """`of.name`"""
    if isinstance(of, Expression):
        if name not in METHODS:
            raise Unknown(f"the attribute {name!r} is not known")
        return Method(of, name)
    if isinstance(of, Known) and isinstance(of.value, types.ModuleType):
        value = path.trace.bindings.look_up(vars(of.value), name)
        if value is MISSING:
            raise Unknown(f"{of.value.__name__} has no {name!r}")
        return lift(value)
    if isinstance(of, Matched) or (isinstance(of, Known) and isinstance(of.value, re.Pattern)):
        return matches.attribute(of, name)
    if isinstance(of, Known) and of.value in (str, bytes) and hasattr(of.value, name):
        return Known(getattr(of.value, name))
    raise Unknown(f"the attribute {name!r} is not known")


def call(path: Any, target: Any, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """`target(*arguments, **keywords)`"""
    if isinstance(target, Method) and isinstance(target.of, Matched):
        return matches.method(path, target.of, target.name, arguments, keywords)
    if isinstance(target, Method):
        return method(path, target.of, target.name, arguments, keywords)
    if not isinstance(target, Known):
        raise Unknown("calls what is no function")
    function = target.value
    if isinstance(function, functools.partial) and type(function) is functools.partial:
        given = [lift(argument) for argument in function.args]
        named = {name: lift(value) for name, value in function.keywords.items()}
        return call(path, lift(function.func), given + arguments, named | keywords)
    if matches.is_known(function):
        return matches.call(path, function, arguments, keywords)
    if type(function) is types.FunctionType:
        return _computed(path, path.trace.call(function, arguments, keywords))
    if isinstance(function, types.MethodDescriptorType) and function.__objclass__ in (str, bytes) and arguments:
        path.computed(Operation("require", (operand(arguments[0]),), (function.__objclass__.__name__,)))
        return method(path, operand(arguments[0]), function.__name__, arguments[1:], keywords)
    if isinstance(function, (operator.itemgetter, operator.methodcaller)) and len(arguments) == 1 and not keywords:
        return _operator_object(path, function, arguments[0])
    if isinstance(function, types.BuiltinMethodType) and type(function.__self__) is str:
        return method(path, Constant(function.__self__), function.__name__, arguments, keywords)
    return _builtin(path, function, arguments, keywords)


def _computed(path: Any, value: Any) -> Any:
    """What a function of the user gave, remembered as computed."""
    if isinstance(value, (Matched, Listed)):
        path.computed(value.match if isinstance(value, Matched) else value.pieces)
    return path.computed(value) if isinstance(value, Expression) else value


def _operator_object(path: Any, function: Any, value: Any) -> Any:
    reduced: Any = function.__reduce__()
    if isinstance(function, operator.itemgetter):
        items = [subscript(path, value, lift(index)) for index in reduced[1]]
        return items[0] if len(items) == 1 else MakeTuple(tuple(map(operand, items)))
    if reduced[0] is not operator.methodcaller:  # it has keywords
        raise Unknown("calls a methodcaller with keywords")
    name, *arguments = reduced[1]
    return call(path, attribute(path, operand(value), name), list(map(lift, arguments)), {})


def _builtin(path: Any, function: Any, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    name = getattr(function, "__qualname__", type(function).__qualname__)
    try:
        known = _BINARY.get(function) or _UNARY.get(function) or _SPECIAL.get(function)
    except TypeError:  # not hashable
        known = None
    if known is None:
        raise Unknown(f"calls {name}, which is not known")
    if keywords:
        raise Unknown(f"calls {name} with keywords")
    if callable(known):
        return known(path, arguments)
    if function in _BINARY and len(arguments) == 2:
        return path.binary(known, *arguments)
    if function is float and len(arguments) == 1 and isinstance(arguments[0], Constant):
        return _float(arguments[0].value)
    if function in _UNARY and len(arguments) == 1:
        return path.operation(known, arguments[0])
    if function in (int, str) and len(arguments) == 2:
        return path.operation(known, *arguments)
    raise Unknown(f"calls {name} with {len(arguments)} arguments")


def _float(value: Any) -> Constant:
    try:
        return Constant(float(value))
    except (TypeError, ValueError, OverflowError) as error:
        raise Unknown(f"raises {type(error).__name__}") from None


def _one(arguments: list[Any], name: str) -> Any:
    if len(arguments) != 1:
        raise Unknown(f"calls {name} with {len(arguments)} arguments")
    return arguments[0]


def _len(path: Any, arguments: list[Any]) -> Expression:
    value = _one(arguments, "len")
    if isinstance(value, Split):
        return path.computed(Operation("fields", (value.of,), (value.separator, value.maxsplit, value.from_right)))
    if isinstance(value, Listed):
        return matches.truth(value)
    if isinstance(value, (MakeTuple, MakeList, Items)):
        return Constant(len(value.items))
    return path.operation("len", value)


def _bool(path: Any, arguments: list[Any]) -> Expression:
    test = path.truth(_one(arguments, "bool"))
    return test if isinstance(test, (Constant, IsMatch)) else Operation("bool", (test,))


def _extreme(symbol: str) -> Any:
    def choose(path: Any, arguments: list[Any]) -> Expression:
        """min and max keep the first of equal values."""
        if len(arguments) < 2:
            raise Unknown("the smallest or largest of a value's items")
        best, *others = map(operand, arguments)
        for other in others:
            best = path.computed(Conditional(path.operation(symbol, other, best), other, best))
        return best

    return choose


def _round(path: Any, arguments: list[Any]) -> Expression:
    if not 1 <= len(arguments) <= 2:
        raise Unknown(f"calls round with {len(arguments)} arguments")
    return path.operation("round", *arguments)


def _divmod(path: Any, arguments: list[Any]) -> Expression:
    if len(arguments) != 2:
        raise Unknown(f"calls divmod with {len(arguments)} arguments")
    path.operation("numbers", *arguments)  # of strings, % is something else
    return MakeTuple((path.binary("//", *arguments), path.binary("%", *arguments)))


def _pow(path: Any, arguments: list[Any]) -> Expression:
    if len(arguments) != 2:
        raise Unknown(f"calls pow with {len(arguments)} arguments")
    return path.binary("**", *arguments)


def _isinstance(path: Any, arguments: list[Any]) -> Expression:
    value, known = arguments if len(arguments) == 2 else (None, None)
    types_ = known.value if isinstance(known, Known) else None
    types_ = types_ if isinstance(types_, tuple) else (types_,)
    if not all(kind in _TYPES for kind in types_):
        raise Unknown("calls isinstance with another class")
    return path.operation("isinstance", value, options=tuple(kind.__name__ for kind in types_))


def _getitem(path: Any, arguments: list[Any]) -> Any:
    of, index = arguments if len(arguments) == 2 else (None, None)
    return subscript(path, of, index)


def _contains(path: Any, arguments: list[Any]) -> Expression:
    of, item = arguments if len(arguments) == 2 else (None, None)
    return contains(path, of, item)


def _not(path: Any, arguments: list[Any]) -> Expression:
    test = path.truth(_one(arguments, "operator.not_"))
    return Constant(not test.value) if isinstance(test, Constant) else Operation("not", (test,))


def _tuple(path: Any, arguments: list[Any]) -> Expression:
    value = _one(arguments, "tuple")
    if isinstance(value, (MakeTuple, MakeList)):
        return MakeTuple(value.items)
    raise Unknown("makes a tuple of a value's items")


_SPECIAL = {
    len: _len, bool: _bool, operator.truth: _bool, min: _extreme("<"), max: _extreme(">"), round: _round,
    divmod: _divmod, pow: _pow, isinstance: _isinstance, operator.getitem: _getitem, operator.contains: _contains,
    operator.not_: _not, tuple: _tuple, enumerate: enumerated, range: counted, zip: zipped,
}  # fmt: skip
