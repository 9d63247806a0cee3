"""A user's function in a plan: what it is called, where it stands, what it is made of."""

import functools
import hashlib
import inspect
import os
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# Stands in a description for what can change, of which only the type is told.
OPAQUE = "\0opaque:"
_NAMED = (types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType)
# A larger constant is told by its length and digest, or counts as what can change.
_MANY = 1000
_PLAIN = (int, float, complex, str, bytes, bool, type(None))


@dataclass(frozen=True, eq=False)
class Function:
    """A callable with the line it was written on; equal when its code is, and the globals that it read then."""

    call: Callable[..., Any]
    reads: dict[str, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        reads: dict[str, Any] = {}
        _read_globals(self.call, reads, 4)
        object.__setattr__(self, "reads", reads)

    @property
    def name(self) -> str:
        """`lambda` or the qualified name.

        >>> Function(str.split).name
        'str.split'
        """
        name = getattr(self.call, "__qualname__", type(self.call).__name__)
        return "lambda" if "<lambda>" in name else name.replace("<locals>.", "")

    @property
    def where(self) -> str:
        """File and line of the definition (of what it wraps), or the module for what has no code."""
        code = self._code()
        if code is not None:
            return f"{code.co_filename.rsplit('/', 1)[-1]}:{code.co_firstlineno}"
        return str(getattr(self.call, "__module__", None) or type(self.call).__module__)

    def _code(self) -> types.CodeType | None:
        return getattr(inspect.unwrap(self.call), "__code__", None)

    def __str__(self) -> str:
        return self.name if self._code() is None else f"{self.name} at {self.where}"

    def fingerprint(self) -> str:
        """16 hexadecimal digits of the code, constants and closure; the same on every rank."""
        text = describe(self.call)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    def __eq__(self, other: object) -> bool:
        """Whether both surely do the same: one function, or equal code with equal constants, and equal globals.

        The globals count as they were when the plan was made.
        """
        if not isinstance(other, Function) or not _are_equal(self.reads, other.reads):
            return False
        if self.call is other.call:
            return True
        mine = describe(self.call)
        return OPAQUE not in mine and mine == describe(other.call)

    def __hash__(self) -> int:
        return int(self.fingerprint(), 16)


def _read_globals(call: Any, reads: dict[str, Any], depth: int) -> None:
    """Add the global names that a function uses, and those that the functions among them use, with their values."""
    while isinstance(call, (functools.partial, types.MethodType)):
        call = call.func if isinstance(call, functools.partial) else call.__func__
    if not isinstance(call, types.FunctionType) or depth == 0:
        return
    space = call.__globals__
    for name in _names(call.__code__):
        key = f"{id(space)}:{name}"
        if name in space and key not in reads:
            reads[key] = space[name]
            _read_globals(space[name], reads, depth - 1)
    for cell in call.__closure__ or ():
        _read_globals(_cell(cell), reads, depth - 1)


@functools.lru_cache(maxsize=1000)
def _names(code: types.CodeType) -> tuple[str, ...]:
    """The names that code and the functions in it look up, attributes too."""
    inner = (name for constant in code.co_consts if isinstance(constant, types.CodeType) for name in _names(constant))
    return tuple(dict.fromkeys((*code.co_names, *inner)))


def _are_equal(left: dict[str, Any], right: dict[str, Any]) -> bool:
    return left.keys() == right.keys() and all(_is_same(value, right[name]) for name, value in left.items())


def _is_same(left: Any, right: Any) -> bool:
    if left is right:
        return True
    return isinstance(left, _PLAIN) and isinstance(right, _PLAIN) and _describe_plain(left) == _describe_plain(right)


def tell_argument(value: Any) -> str:
    """An action's argument as text that ranks can compare and a person can read.

    >>> tell_argument(3), tell_argument([3])
    ('3', 'list')
    """
    if callable(value):
        function = Function(value)
        return f"{function} ({function.fingerprint()})"
    if isinstance(value, os.PathLike):
        return repr(os.fspath(value))
    return repr(value) if isinstance(value, _PLAIN) else type(value).__qualname__


def describe(value: Any, depth: int = 4) -> str:
    """What a function or constant is, as text without addresses or set order.

    Of what can change (lists, dictionaries, objects) only the type is told: a
    function may collect something on its rank without being another function.
    """
    if isinstance(value, _PLAIN):
        return _describe_plain(value)
    if isinstance(value, types.CodeType):
        return _describe_code(value, depth)
    if depth == 0:
        return OPAQUE + type(value).__qualname__
    if isinstance(value, types.FunctionType):
        return _describe_function(value, depth)
    if isinstance(value, functools.partial):
        parts = [value.func, value.args, tuple(sorted(value.keywords.items()))]
        return f"partial({','.join(describe(part, depth - 1) for part in parts)})"
    if isinstance(value, types.MethodType):
        return f"{describe(value.__func__, depth)} of {describe(value.__self__, depth - 1)}"
    return _describe_container(value, depth)


def _describe_plain(value: Any) -> str:
    if isinstance(value, (str, bytes)) and len(value) > _MANY:
        data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
        return f"{type(value).__name__}:{len(value)}:{hashlib.blake2b(data).hexdigest()}"
    return f"{type(value).__name__}:{value!r}"


def _describe_container(value: Any, depth: int) -> str:
    if isinstance(value, (tuple, frozenset)) and len(value) > _MANY:
        return f"{OPAQUE}{type(value).__qualname__}:{len(value)}"
    if isinstance(value, tuple):
        return f"tuple({','.join(describe(item, depth - 1) for item in value)})"
    if isinstance(value, frozenset):
        return f"frozenset({','.join(sorted(describe(item, depth - 1) for item in value))})"
    name = getattr(value, "__qualname__", type(value).__qualname__)
    text = f"{getattr(value, '__module__', '')}.{name}"
    return text if _is_named(value) else f"{OPAQUE}{type(value).__qualname__}:{text}"


def _is_named(value: Any) -> bool:
    """Whether the name alone says what it does: a class, a built-in function, a method of a type.

    Not so a method of an object (`table.get`) and what wraps a function.
    """
    if isinstance(value, types.BuiltinFunctionType):
        return value.__self__ is None or isinstance(value.__self__, (types.ModuleType, type))
    return isinstance(value, (type, *_NAMED)) and "<locals>" not in value.__qualname__


def _describe_function(function: types.FunctionType, depth: int) -> str:
    cells = tuple(_cell(cell) for cell in function.__closure__ or ())
    keywords = tuple(sorted((function.__kwdefaults__ or {}).items()))
    parts = [function.__code__, function.__defaults__, keywords, cells]
    return f"def({function.__module__};{';'.join(describe(part, depth - 1) for part in parts)})"


def _describe_code(code: types.CodeType, depth: int) -> str:
    constants = ",".join(describe(constant, max(depth - 1, 1)) for constant in code.co_consts)
    return f"code({code.co_code.hex()};{constants};{code.co_names};{code.co_argcount})"


def _cell(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet filled: a function that refers to itself
        return object  # any type will do
