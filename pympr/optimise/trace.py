"""A function's code, run on expressions instead of values: every way through it, up to a limit.

The idea of two modes, columns for what is expected and Python for the rest, is that of
L. Spiegelberg et al., "Tuplex: Data Science in Python at Native Code Speed" (SIGMOD 2021). A way that
cannot be translated, and one that raises, ends in `Fail`: rows that get there are for Python.
"""

import dis
import sys
import types
from collections.abc import Sequence
from typing import Any

from pympr.optimise.steps import HANDLERS, SKIPPED, Path
from pympr.optimise.values import Listed, MakeList, Matched, Split, Unknown, lift, operand
from pympr.plan.bindings import Bindings
from pympr.plan.expression import After, Both, Conditional, Constant, Either, Expression, Fail, Operation, SplitItem
from pympr.plan.matching import MatchGroup

VERSIONS = ((3, 11), (3, 12), (3, 13), (3, 14))
MOST_STATES, DEEPEST_CALL, MOST_STEPS = 200, 8, 2000
_VARIADIC, _SUSPENDS = 0x0C, 0x20 | 0x80 | 0x100 | 0x200  # flags of a code object
_JUMPS = ("POP_JUMP_IF_FALSE", "POP_JUMP_IF_TRUE", "POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE")
_KEEPING = ("JUMP_IF_FALSE_OR_POP", "JUMP_IF_TRUE_OR_POP")


class Trace:
    """Reads one function and those it calls."""

    def __init__(self) -> None:
        self.bindings = Bindings()
        self.states = self.depth = 0

    def call(self, function: types.FunctionType, arguments: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """What the function gives for some arguments, or Unknown."""
        if sys.version_info[:2] not in VERSIONS:
            raise Unknown("this version of Python is not known")
        code = function.__code__
        if code.co_flags & _SUSPENDS:
            raise Unknown(f"{function.__name__} is a generator or coroutine")
        if code.co_cellvars:
            raise Unknown("a variable is used by an inner function")
        if self.depth == DEEPEST_CALL:
            raise Unknown("calls are nested too deep")
        self.bindings.rest_on(function)
        self.depth += 1
        try:
            return _Code(self, function).run(0, [], bind(function, arguments, keywords))
        finally:
            self.depth -= 1


def bind(function: types.FunctionType, arguments: Sequence[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """The local variables at the beginning of a call."""
    code = function.__code__
    if code.co_flags & _VARIADIC:
        raise Unknown("takes any number of arguments")
    count, only = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames[: count + only]
    if len(arguments) > count or not set(keywords) <= set(names[code.co_posonlyargcount :]):
        raise Unknown("the arguments do not fit the function")
    defaults = function.__defaults__ or ()
    local = {name: lift(value) for name, value in zip(names[count - len(defaults) : count], defaults)}
    local |= {name: lift(value) for name, value in (function.__kwdefaults__ or {}).items()}
    local |= dict(zip(names, arguments))
    if set(keywords) & set(names[: len(arguments)]) or not set(names) <= set(local) | set(keywords):
        raise Unknown("the arguments do not fit the function")
    return local | keywords


class _Code:
    """One function's steps. A state that was reached before has the same result, the same object."""

    def __init__(self, trace: Trace, function: types.FunctionType) -> None:
        self._trace, self._function = trace, function
        self._steps = list(dis.get_instructions(function.__code__))
        if len(self._steps) > MOST_STEPS:
            raise Unknown("the function is too long")
        self._index = {step.offset: number for number, step in enumerate(self._steps)}
        self._results: dict[Any, Any] = {}
        self._alive: list[Any] = []  # results are found by identity, so what they are found by stays

    def run(self, at: int, stack: list[Any], local: dict[str, Any]) -> Any:
        """What is returned from this state on."""
        state = at, tuple(map(id, stack)), tuple((name, id(value)) for name, value in sorted(local.items()))
        if state not in self._results:
            self._alive.append((tuple(stack), dict(local)))
            self._trace.states += 1
            if self._trace.states > MOST_STATES:
                raise Unknown("there are too many ways through the function")
            self._results[state] = self._walk(at, Path(self._trace, self._function, list(stack), dict(local)))
        return self._results[state]

    def _walk(self, at: int, path: Path) -> Any:
        while True:
            step = self._steps[at]
            name = step.opname.replace("_FORWARD_IF", "_IF")
            try:
                if name in ("RETURN_VALUE", "RETURN_CONST"):
                    return _finish(path, lift(step.argval) if name == "RETURN_CONST" else path.pop())
                if name in _JUMPS or name in _KEEPING:
                    return _finish(path, self._fork(at, name, path))
                if name.startswith("JUMP_FORWARD"):
                    at = self._index[step.argval]
                    continue
                if name not in SKIPPED:
                    HANDLERS.get(name, _refuse)(path, step)
            except Unknown as unknown:
                unknown.where = unknown.where or self._where(step)
                raise
            at += 1

    def _where(self, step: dis.Instruction) -> str:
        code = self._function.__code__
        line = step.positions.lineno if step.positions else None
        return f"{code.co_filename.rsplit('/', 1)[-1]}:{line or code.co_firstlineno}"

    def _fork(self, at: int, name: str, path: Path) -> Any:
        target = self._index[self._steps[at].argval]
        if target <= at:
            raise Unknown("has a loop")
        value = path.pop()
        test = path.truth(path.is_none(value) if "NONE" in name else value)
        is_true_jump = "TRUE" in name or name.endswith("IF_NONE")
        ways = (target, [value] if name in _KEEPING else []), (at + 1, [])
        then, otherwise = ways if is_true_jump else ways[::-1]
        if isinstance(test, Constant):
            return self._on(then if test.value else otherwise, path)
        if not isinstance(value, Matched):
            return choose(test, self._branch(then, path), self._branch(otherwise, path))
        # A match that is None is known as such.
        without = path.without(value)
        if "NONE" in name:
            return choose(test, self._branch(then, without), self._branch(otherwise, path))
        otherwise = otherwise[0], [Constant(None)] * len(otherwise[1])
        return choose(test, self._branch(then, path), self._branch(otherwise, without))

    def _on(self, way: tuple[int, list[Any]], path: Path) -> Any:
        return self.run(way[0], path.stack + way[1], path.local)

    def _branch(self, way: tuple[int, list[Any]], path: Path) -> Expression | Unknown:
        try:
            return operand(self._on(way, path))
        except Unknown as unknown:
            return unknown


def choose(test: Expression, then: Expression | Unknown, otherwise: Expression | Unknown) -> Expression:
    """`then if test else otherwise` in its simplest form; a branch that is not known fails."""
    if isinstance(then, Unknown) and isinstance(otherwise, Unknown):
        raise then
    then = Fail(_tell(then)) if isinstance(then, Unknown) else then
    otherwise = Fail(_tell(otherwise)) if isinstance(otherwise, Unknown) else otherwise
    if then is otherwise:
        return then
    if then == Constant(True) and otherwise == Constant(False) and _is_bool(then) and _is_bool(otherwise):
        return Operation("bool", (test,))
    if isinstance(then, Conditional) and then.otherwise is otherwise:
        return choose(Both(test, then.test), then.then, otherwise)
    if isinstance(otherwise, Conditional) and otherwise.then is then:
        return choose(Either(test, otherwise.test), then, otherwise.otherwise)
    return Conditional(test, then, otherwise)


def _is_bool(constant: Any) -> bool:
    return type(constant.value) is bool


def _tell(unknown: Unknown) -> str:
    return f"{unknown.where}: {unknown.reason}" if unknown.where else unknown.reason


def _refuse(path: Path, step: dis.Instruction) -> None:
    if step.opname in ("GET_ITER", "FOR_ITER") or "BACKWARD" in step.opname:
        raise Unknown("has a loop")
    if step.opname in ("RAISE_VARARGS", "LOAD_ASSERTION_ERROR", "LOAD_COMMON_CONSTANT"):
        raise Unknown("raises")
    raise Unknown(_WORDS.get(step.opname, f"the step {step.opname} is not known"))


_WORDS = {
    "MAKE_FUNCTION": "makes a function or a comprehension",
    "STORE_GLOBAL": "assigns a global name",
    "STORE_DEREF": "assigns a variable of an enclosing function",
    "STORE_ATTR": "assigns an attribute",
    "STORE_SUBSCR": "assigns an item",
    "IMPORT_NAME": "imports a module",
    "BUILD_MAP": "makes a dictionary",
    "BUILD_SET": "makes a set",
    "CALL_FUNCTION_EX": "passes on arguments with *",
}


def _finish(path: Path, value: Any) -> Any:
    """The value once what the path computed besides is computed."""
    covered: set[Any] = set()
    if isinstance(value, Split):
        _cover(value.of, covered)
        covered.add(id(value.check))
    if isinstance(value, (Matched, Listed)):
        _cover(value.match if isinstance(value, Matched) else value.pieces, covered)
    for part in value.items if isinstance(value, MakeList) else (value,):
        if isinstance(part, Expression):
            _cover(part, covered)
    unused: list[Expression] = []
    for effect in reversed(path.effects):
        if id(effect) not in covered and not _is_checked(effect, covered):
            unused.append(effect)
            _cover(effect, covered)
    if not unused:
        return value
    return After(tuple(reversed(unused)), operand(value))


def _is_checked(effect: Expression, covered: set[Any]) -> bool:
    """Whether the effect only requires what is required for every record: a string to be split, or a match."""
    if isinstance(effect, MatchGroup):
        return ("match", id(effect.of)) in covered
    is_check = isinstance(effect, Operation) and effect.name == "require" and effect.options == ("str",)
    return is_check and ("split", id(effect.operands()[0])) in covered


def _cover(expression: Expression, covered: set[Any]) -> None:
    """Add what is computed for every record when the expression is."""
    if id(expression) in covered:
        return
    covered.add(id(expression))
    if isinstance(expression, SplitItem) or (isinstance(expression, Operation) and "fields" in expression.name):
        covered.add(("split", id(expression.operands()[0])))
    if isinstance(expression, MatchGroup):
        covered.add(("match", id(expression.of)))
    if isinstance(expression, (Both, Either)):
        _cover(expression.first, covered)
    elif isinstance(expression, Conditional):
        _cover(expression.test, covered)
    else:
        for part in expression.operands():
            _cover(part, covered)
