"""A function's code, run on expressions instead of values: every way through it, up to a limit.

The idea of two modes, columns for what is expected and Python for the rest, is that of
L. Spiegelberg et al., "Tuplex: Data Science in Python at Native Code Speed" (SIGMOD 2021). A way that
cannot be translated, and one that raises, ends in `Fail`: rows that get there are for Python.
"""

import dis
import sys
import types
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pympr.optimise import loops
from pympr.optimise.steps import HANDLERS, SKIPPED, Path
from pympr.optimise.values import Each, Listed, MakeList, Matched, Split, Unknown, lift, operand
from pympr.plan.bindings import Bindings
from pympr.plan.expression import After, Both, Conditional, Constant, Either, Expression, Fail, Operation, SplitItem
from pympr.plan.matching import MatchGroup

VERSIONS = ((3, 11), (3, 12), (3, 13), (3, 14))
MOST_STATES, DEEPEST_CALL, MOST_STEPS = 200, 8, 2000
_VARIADIC, _YIELDS, _SUSPENDS = 0x0C, 0x20, 0x80 | 0x100 | 0x200  # flags of a code object
_JUMPS = ("POP_JUMP_IF_FALSE", "POP_JUMP_IF_TRUE", "POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE")
_KEEPING = ("JUMP_IF_FALSE_OR_POP", "JUMP_IF_TRUE_OR_POP")
_ASSIGNING = ("LOAD_FAST", "LOAD_CONST", "LOAD_SMALL", "STORE_FAST", "SWAP", "COPY")
_PLAIN = {name: handler for name, handler in HANDLERS.items() if name.startswith(_ASSIGNING)}
Way = tuple[int, list[Any], dict[str, Any]]


class Trace:
    """Reads one function and those it calls."""

    def __init__(self) -> None:
        self.bindings = Bindings()
        self.states = self.depth = 0

    def call(self, function: types.FunctionType, arguments: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """What the function gives for some arguments, or Unknown."""
        if sys.version_info[:2] not in VERSIONS:
            raise Unknown("this version of Python is not known")
        if function.__code__.co_flags & _SUSPENDS:
            raise Unknown(f"{function.__name__} is a coroutine")
        self.bindings.rest_on(function)
        return self.run(function, bind(function, arguments, keywords))

    def run(self, function: types.FunctionType, local: dict[str, Any]) -> Any:
        """What the function gives for its local variables, or Unknown."""
        if self.depth == DEEPEST_CALL:
            raise Unknown("calls are nested too deep")
        if function.__code__.co_flags & _YIELDS:
            local = {**local, loops.YIELDS: MakeList(())}
        self.depth += 1
        try:
            return _Code(self, function).run(0, [], local)
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
            name = step.opname.replace("_FORWARD_IF", "_IF").replace("_BACKWARD_IF", "_IF")
            try:
                if name in ("RETURN_VALUE", "RETURN_CONST"):
                    return _finish(path, _given(path, lift(step.argval) if name == "RETURN_CONST" else path.pop()))
                if name in _JUMPS or name in _KEEPING:
                    ways = self._ways(at, name, path)
                    met = self._meet(*ways, path)
                    if met is None:
                        return _finish(path, self._fork(*ways, path))
                    at = met
                    continue
                if name.startswith("JUMP_"):
                    at = self._target(at)
                    continue
                if name == "FOR_ITER":
                    at = self._next(at, path)
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

    def _target(self, at: int) -> int:
        """Where a jump goes; back to the head of a loop over what has an end only."""
        target = self._index[self._steps[at].argval]
        if target <= at and self._steps[target].opname != "FOR_ITER":
            raise Unknown("has a loop")
        return target

    def _ways(self, at: int, name: str, path: Path) -> tuple[Expression, Way, Way]:
        """What a jump asks, and where it goes on (with which stack) when that is true, and when not."""
        target = self._target(at)
        value = path.pop()
        test = path.truth(path.is_none(value) if "NONE" in name else value)
        missing, none = path, value
        if isinstance(value, Matched):  # a match that is None is known as such
            missing, none = _without(path, value), Constant(None)
        is_true_jump = "TRUE" in name or name.endswith("IF_NONE")
        jumped, stayed = (missing, path) if name.endswith("IF_NONE") or "FALSE" in name else (path, missing)
        kept = [none if jumped is missing else value] if name in _KEEPING else []
        ways = (target, jumped.stack + kept, jumped.local), (at + 1, stayed.stack, stayed.local)
        then, otherwise = ways if is_true_jump else ways[::-1]
        return test, then, otherwise

    def _fork(self, test: Expression, then: Way, otherwise: Way, path: Path) -> Any:
        if isinstance(test, Constant):
            return self.run(*(then if test.value else otherwise))
        return choose(test, self._branch(then), self._branch(otherwise))

    def _meet(self, test: Expression, then: Way, otherwise: Way, path: Path) -> int | None:
        """Inside loops, go on where two ways meet that only assign: else every round would double the ways."""
        if not any(isinstance(entry, loops.Iterating) for entry in path.stack):
            return None
        if isinstance(test, Constant):
            at, path.stack, path.local = then if test.value else otherwise
            return at
        first, second = self._passed(then), self._passed(otherwise)
        at = next((at for at in first if at in second), None)
        if at is None:
            return None
        stack = _merged(test, *(dict(enumerate(way[at][0])) for way in (first, second)))
        local = _merged(test, first[at][1], second[at][1])
        if stack is None or local is None or len(stack) != len(first[at][0]) or len(stack) != len(second[at][0]):
            return None
        path.stack, path.local = list(stack.values()), local
        return at

    def _passed(self, way: Way) -> dict[int, tuple[list[Any], dict[str, Any]]]:
        """Stack and variables at the steps of a way, as long as nothing is computed."""
        at, found = way[0], {}
        passing = Path(self._trace, self._function, list(way[1]), dict(way[2]))
        while at not in found and not passing.effects:
            found[at] = list(passing.stack), dict(passing.local)
            step = self._steps[at]
            try:
                if step.opname.startswith("JUMP_"):
                    at = self._target(at)
                    continue
                if step.opname not in SKIPPED:
                    _PLAIN[step.opname](passing, step)
            except (Unknown, KeyError):
                break
            at += 1
        return found

    def _next(self, at: int, path: Path) -> int:
        """FOR_ITER: the loop's next item, or its end."""
        iterator = path.stack[-1]
        if not isinstance(iterator, loops.Iterating):
            raise Unknown("has a loop")
        if isinstance(iterator.over, Expression):
            loops.read_body(path, iterator.over, lambda path: self._body(at, path))
        elif iterator.position < len(iterator.over.items):
            path.stack[-1] = replace(iterator, position=iterator.position + 1)
            path.stack.append(iterator.over.items[iterator.position])
            return at + 1
        if sys.version_info < (3, 13):  # later ones have a step that does
            path.pop()
        target = self._index[self._steps[at].argval]
        return target + 1 if self._steps[target].opname == "END_FOR" else target

    def _body(self, head: int, path: Path) -> None:
        """The steps of a loop, once, up to the jump back to its head."""
        at = head + 1
        while not self._steps[at].opname.startswith("JUMP_BACKWARD"):
            step = self._steps[at]
            if step.opname not in SKIPPED:
                HANDLERS.get(step.opname, _refuse)(path, step)
            at += 1
        if self._target(at) != head:
            raise Unknown("has a loop in a loop")

    def _branch(self, way: Way) -> Expression | Unknown:
        try:
            return operand(self.run(*way))
        except Unknown as unknown:
            return unknown


def _given(path: Path, value: Any) -> Any:
    """What a function gives: a generator, what it yields."""
    made = path.local.get(loops.YIELDS)
    if made is not None and not isinstance(made, Each):
        raise Unknown("is a generator that yields without a loop")
    return value if made is None else made


def _merged(test: Expression, first: dict[Any, Any], second: dict[Any, Any]) -> dict[Any, Any] | None:
    """The values of two ways: those that differ depend on the test. None when such are no columns."""
    merged = {}
    for name in [name for name in first if name in second]:
        one, other = first[name], second[name]
        if one is not other and not (isinstance(one, Expression) and isinstance(other, Expression)):
            return None
        merged[name] = one if one is other else choose(test, one, other)
    return merged


def _without(path: Path, match: Matched) -> Path:
    """The way where there is no match: None is in its places."""
    none = Constant(None)
    local = {name: none if held is match else held for name, held in path.local.items()}
    return Path(path.trace, path.function, [none if held is match else held for held in path.stack], local)


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
    if "JUMP" in step.opname or step.opname == "FOR_ITER":
        raise Unknown("has a loop with conditions, or in a loop")
    if step.opname in ("RAISE_VARARGS", "LOAD_ASSERTION_ERROR", "LOAD_COMMON_CONSTANT"):
        raise Unknown("raises")
    raise Unknown(_WORDS.get(step.opname, f"the step {step.opname} is not known"))


_WORDS = {
    "STORE_GLOBAL": "assigns a global name",
    "STORE_ATTR": "assigns an attribute",
    "STORE_SUBSCR": "assigns an item",
    "IMPORT_NAME": "imports a module",
    "BUILD_MAP": "makes a dictionary",
    "BUILD_SET": "makes a set",
    "CALL_FUNCTION_EX": "passes on arguments with *",
}


def _finish(path: Path, value: Any) -> Any:
    """The value once what the path computed besides is computed."""
    if isinstance(value, Each):
        return replace(value, checks=(*path.effects, *value.checks))
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
