"""Methods of strings and bytes."""

from typing import Any

from pympr.optimise.values import Split, Unknown, constant, has_column, operand
from pympr.plan.expression import Constant, Expression, MakeTuple, Operation

# Methods that take and give plain values, have no side effect and depend on nothing else.
METHODS = frozenset(
    """capitalize casefold center count decode encode endswith expandtabs find index isalnum isalpha isascii isdecimal
    isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip partition
    removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split startswith strip swapcase
    title upper zfill hex bit_count bit_length is_integer""".split()
)
_KEYWORDS = {"split": ("sep", "maxsplit"), "rsplit": ("sep", "maxsplit"), "encode": ("encoding", "errors")}
_KEYWORDS |= {"decode": ("encoding", "errors"), "expandtabs": ("tabsize",)}


def method(path: Any, of: Expression, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """`of.name(*arguments, **keywords)`"""
    if name not in METHODS:
        raise Unknown(f"the method {name!r} is not known")
    arguments = _positional(name, arguments, keywords)
    if name in ("split", "rsplit"):
        return _split(path, of, name, arguments)
    if name == "join":
        return _join(path, of, arguments)
    if name in ("encode", "decode"):
        _require_utf8(arguments)
    return path.operation(f".{name}", of, *arguments)


def _positional(name: str, arguments: list[Any], keywords: dict[str, Any]) -> list[Any]:
    names = _KEYWORDS.get(name, ())[len(arguments) :]
    if not set(keywords) <= set(names):
        raise Unknown(f"calls {name} with keywords")
    if keywords and tuple(keywords) != names[: len(keywords)]:
        raise Unknown(f"calls {name} with some of its keywords")
    return arguments + [keywords[name] for name in names if name in keywords]


def _split(path: Any, of: Expression, name: str, arguments: list[Any]) -> Split:
    if len(arguments) > 2:
        raise Unknown(f"calls {name} with {len(arguments)} arguments")
    separator = constant(arguments[0], "the separator") if arguments else None
    limit = constant(arguments[1], "the number of splits") if len(arguments) > 1 else -1
    if separator is not None and (type(separator) is not str or not separator or not has_column(separator)):
        raise Unknown(f"splits at {separator!r}"[:60])
    if type(limit) is not int or not -(2**63) <= limit < 2**63:
        raise Unknown("the number of splits is no 64-bit integer")
    check = path.computed(Operation("require", (operand(of),), ("str",)))
    return Split(of, separator, limit, name == "rsplit", check)


def _join(path: Any, of: Expression, arguments: list[Any]) -> Expression:
    """`", ".join((a, b))` of a tuple that was made here."""
    if not isinstance(of, Constant) or len(arguments) != 1 or not isinstance(arguments[0], MakeTuple):
        raise Unknown("joins what is no tuple made here")
    parts: list[Expression] = []
    for item in arguments[0].items:
        parts += [of, path.computed(Operation("require", (item,), ("str",)))]
    if not parts or type(of.value) is not str:
        raise Unknown("joins nothing, or bytes")
    return path.operation("concat", *parts[1:])


def _require_utf8(arguments: list[Any]) -> None:
    """Other codecs may be the user's own."""
    for argument in arguments:
        text = constant(argument, "the encoding")
        if text not in ("utf-8", "utf8", "UTF-8", "ascii", "latin-1", "strict", "ignore", "replace"):
            raise Unknown(f"the encoding {text!r}"[:60])
