"""A user's program run in this process, as `python FILE`, `python -m MODULE` and `python -c CODE` run it."""

import io
import os
import runpy
import sys
import types


def run(arguments: list[str]) -> None:
    """Become the program: `__main__`, `sys.argv` and `sys.path[0]` are what Python itself would make them."""
    kind = arguments[0]
    if kind == "-m":
        _set_path(os.getcwd())
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        _set_path("")
        sys.argv = ["-c", *arguments[2:]]
        _execute(compile(arguments[1], "<string>", "exec"), {})
    elif os.path.isdir(kind) or kind.endswith((".zip", ".pyz")):
        sys.argv = arguments
        del sys.path[: not sys.flags.safe_path]
        runpy.run_path(kind, run_name="__main__")
    else:
        _set_path(os.path.dirname(os.path.realpath(kind)))
        sys.argv = arguments
        _execute(_compiled(kind), {"__file__": kind})


def _set_path(first: str) -> None:
    if not sys.flags.safe_path:
        sys.path[0] = first


def _compiled(path: str) -> types.CodeType:
    try:
        with io.open_code(os.path.abspath(path)) as file:
            source = file.read()
    except OSError as error:
        # The words and the code of Python itself.
        print(f"{sys.executable}: can't open file {path!r}: {error.strerror}", file=sys.stderr)
        sys.exit(2)
    return compile(source, path, "exec")


def _execute(code: types.CodeType, names: dict[str, str]) -> None:
    main = types.ModuleType("__main__")
    main.__dict__.update(names, __builtins__=__builtins__)
    # For good: what the program leaves behind (threads, exit handlers, pickles) still finds its module.
    sys.modules["__main__"] = main
    exec(code, main.__dict__)
