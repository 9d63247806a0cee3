"""The house stands on its floors: import direction and size, docs/design.md section 2."""

import ast
import pathlib
import subprocess
import sys
from dataclasses import dataclass, field

import pytest

ROOT = pathlib.Path(__file__).parents[1]
# These folders install as pympr.<name>; a plain `import collectives` would make a second copy of the module.
MAPPED = ("collectives", "rma", "jobs")
# compression (with zstd in it) is in the standard library from Python 3.14 on.
STANDARD_LIBRARY = sys.stdlib_module_names | {"compression"}
LINES_IN_FILE = 400
LINES_IN_FUNCTION = 40


@dataclass(frozen=True)
class Room:
    """`only`: the pympr modules it may import besides its own and floor 0, where not all lower floors.

    `beside`: modules of the same floor that it may import.
    """

    floor: int
    packages: frozenset[str] = frozenset()
    only: tuple[str, ...] | None = None
    late: frozenset[str] = field(default=frozenset())
    beside: tuple[str, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "packages", frozenset(self.packages) | STANDARD_LIBRARY)


# `packages` may be imported anywhere, those in `late` inside functions only: importing pympr starts no MPI.
ROOMS = {
    "ground": Room(0),
    "native": Room(1, {"numpy"}),
    "data": Room(2, {"numpy", "cloudpickle"}, late={"zstandard"}),
    "collectives": Room(2, {"numpy", "cloudpickle"}, late={"mpi4py"}),
    "rma": Room(2, {"numpy"}, late={"mpi4py"}, beside=("pympr.collectives.arguments", "pympr.collectives.reduce")),
    "plan": Room(3, only=("pympr.data.schema",)),
    "optimise": Room(4, only=("pympr.plan", "pympr.data.schema")),
    "stages": Room(4, only=("pympr.plan", "pympr.data.schema")),
    "run": Room(5, {"numpy", "cloudpickle"}, late={"mpi4py", "zstandard", "fsspec", "h5py"}),
    "faces": Room(6, only=("pympr.plan", "pympr.data.schema", "pympr.run.session"), late={"numpy"}),
    "jobs": Room(7, {"numpy"}, only=("pympr",)),
    "cli": Room(7, only=("pympr", "pympr.run", "pympr.collectives.launcher"), late={"mpi4py", "numpy", "cffi"}),
}
LATE_EVERYWHERE = {("collectives", "world")}


def modules(root: pathlib.Path) -> dict[str, pathlib.Path]:
    """Every module of pympr by its installed name."""
    found = {}
    for top in ("pympr", *MAPPED):
        for path in sorted((root / top).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            found[".".join(parts if top == "pympr" else ("pympr", *parts))] = path
    return found


MODULES = modules(ROOT)


def room_of(module: str) -> str:
    """The room of a module by its installed name; files directly in pympr/ are faces."""
    parts = module.split(".")
    if len(parts) > 1 and parts[1] in ROOMS:
        return parts[1]
    return "ground" if parts[1:] in (["errors"], ["config"]) else "faces"


@dataclass(frozen=True)
class Import:
    target: str
    line: int
    is_late: bool
    is_for_types: bool


def imports(tree: ast.AST, known: dict) -> list[Import]:
    """All imports of a file; `from pympr.run import x` counts as pympr.run.x where that is a module."""
    found: list[Import] = []

    def visit(node: ast.AST, is_late: bool, is_for_types: bool) -> None:
        is_late = is_late or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        is_for_types = is_for_types or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
        for target in targets(node, known):
            found.append(Import(target, node.lineno, is_late, is_for_types))
        for child in ast.iter_child_nodes(node):
            visit(child, is_late, is_for_types)

    visit(tree, False, False)
    return found


def targets(node: ast.AST, known: dict) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = "." * node.level + (node.module or "")
    members = [f"{base}.{name.name}" for name in node.names]
    return sorted({member if member in known else base for member in members})


def complaints(module: str, text: str, known: dict) -> list[str]:
    """Every import of `module` that the floors forbid, in words."""
    here = room_of(module)
    found = []
    for item in imports(ast.parse(text), known):
        why = own(here, item) if item.target.split(".")[0] == "pympr" else foreign(module, here, item)
        if why:
            found.append(f"{module}:{item.line} (room {here}, floor {ROOMS[here].floor}) imports {item.target}: {why}")
    return found


def own(here: str, item: Import) -> str | None:
    room, there = ROOMS[here], room_of(item.target)
    if there in (here, "ground"):
        return None
    if ROOMS[there].floor > room.floor:
        return f"room {there} is above, on floor {ROOMS[there].floor}"
    if ROOMS[there].floor == room.floor and item.target not in room.beside:
        return f"room {there} is on the same floor"
    if here == "jobs":
        return None if there == "faces" else "jobs import faces only"
    if here == "cli" and there == "faces":
        return None
    if room.only is not None and not any(f"{item.target}.".startswith(f"{name}.") for name in allowed(here)):
        return f"{here} may import {', '.join(room.only)} only"
    return None


def allowed(here: str) -> list[str]:
    return [name for name in ROOMS[here].only or () if name != "pympr"]


def foreign(module: str, here: str, item: Import) -> str | None:
    if item.target.startswith("."):
        return "absolute imports only"
    package = item.target.split(".")[0]
    if package in MAPPED:
        return f"second copy of the module: import pympr.{item.target}"
    if package in ROOMS[here].packages or item.is_for_types:
        return None
    if package in ROOMS[here].late:
        is_free = item.is_late or tuple(module.split(".")[1:]) in LATE_EVERYWHERE
        return None if is_free else "inside a function only"
    return f"{here} does not use {package}"


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without the docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def long_functions(text: str) -> list[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    sizes = [(node.name, function_lines(node)) for node in ast.walk(ast.parse(text)) if isinstance(node, functions)]
    return [f"{name}: {size} lines" for name, size in sizes if size > LINES_IN_FUNCTION]


def long_c_functions(text: str) -> list[str]:
    """Bodies between a `{` and a `}` that stand alone at the start of a line."""
    found, start = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if line == "{":
            start = number
        elif line.startswith("}") and start is not None:
            if number - start - 1 > LINES_IN_FUNCTION:
                found.append(f"line {start}: {number - start - 1} lines")
            start = None
    return found


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_only(module):
    assert complaints(module, MODULES[module].read_text(), MODULES) == []


@pytest.mark.parametrize(
    "module, text, words",
    [
        ("pympr.native.hash", "from pympr.run import session", "is above, on floor 5"),
        ("pympr.native.hash", "def f():\n    import pympr.run.session", "is above, on floor 5"),
        ("pympr.data.schema", "from pympr.collectives import world", "is on the same floor"),
        ("pympr.data.schema", "from . import block", "absolute imports only"),
        ("pympr.errors", "import numpy", "does not use numpy"),
        ("pympr.plan.node", "from pympr.data.column import Column", "pympr.data.schema only"),
        ("pympr.plan.node", "import numpy as np", "does not use numpy"),
        ("pympr.collectives.gather", "from mpi4py import MPI", "inside a function only"),
        ("pympr.collectives.gather", "from collectives.world import World", "import pympr.collectives.world"),
        ("pympr.rdd", "from pympr.run.executor import execute", "pympr.run.session only"),
        ("pympr.rdd", "from pympr.jobs import wordcount", "is above, on floor 7"),
        ("pympr.jobs.wordcount", "from pympr.run import session", "jobs import faces only"),
        ("pympr.jobs.wordcount", "import jobs", "import pympr.jobs"),
        ("pympr.cli.main", "from pympr.stages import cut", "may import"),
    ],
)
def test_forbidden_import_is_reported(module, text, words):
    known = dict.fromkeys(["pympr.run.session", "pympr.collectives.world", "pympr.stages.cut", "pympr.jobs.wordcount"])
    (complaint,) = complaints(module, text, known)
    assert words in complaint and complaint.startswith(f"{module}:")


@pytest.mark.parametrize(
    "module, text",
    [
        ("pympr.native.hash", "import numpy as np\nfrom pympr.errors import KernelError"),
        ("pympr.collectives.gather", "def f():\n    from mpi4py import MPI"),
        ("pympr.collectives.gather", "if TYPE_CHECKING:\n    from mpi4py import MPI"),
        ("pympr.collectives.world", "from mpi4py import MPI"),
        ("pympr.plan.node", "from pympr.data import schema\nfrom pympr.data.schema import Layout"),
        ("pympr.run.exchange", "from pympr.collectives.alltoall import exchange\nfrom pympr.stages import cut"),
        ("pympr.rdd", "from pympr.run.session import collect\nfrom pympr.mapreduce import Job"),
        ("pympr.jobs.wordcount", "from pympr import SparkContext\nimport pympr.mapreduce"),
        ("pympr.cli.run", "from pympr.run import processes\nfrom pympr import SparkContext"),
    ],
)
def test_allowed_import_is_not_reported(module, text):
    assert complaints(module, text, {"pympr.data.schema": None}) == []


def test_injected_upward_import_is_found(tmp_path):
    (tmp_path / "pympr" / "plan").mkdir(parents=True)
    (tmp_path / "pympr" / "plan" / "node.py").write_text("from pympr.run.session import collect\n")
    found = modules(tmp_path)
    assert list(found) == ["pympr.plan.node"]
    (complaint,) = complaints("pympr.plan.node", found["pympr.plan.node"].read_text(), found)
    assert "pympr.plan.node:1 (room plan, floor 3) imports pympr.run.session" in complaint


def sources() -> list[str]:
    paths = [*MODULES.values(), *sorted((ROOT / "csrc").glob("*.[chp]*")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
    return [str(path.relative_to(ROOT)) for path in paths if path.suffix in (".py", ".c", ".h")]


@pytest.mark.parametrize("path", [*sources(), "tests/run.py", "tests/conftest.py"])
def test_file_and_functions_are_short(path):
    text = (ROOT / path).read_text()
    assert text.count("\n") <= LINES_IN_FILE
    assert (long_functions(text) if path.endswith(".py") else long_c_functions(text)) == []


def test_long_function_is_reported():
    body = "\n".join("    x = 1" for _ in range(LINES_IN_FUNCTION + 1))
    assert long_functions(f'def f():\n    """Doc.\n\n    more\n    """\n{body}\n') == ["f: 41 lines"]
    assert long_functions(f"def f():\n{body[10:]}\n") == []
    assert long_c_functions("int f(void)\n{\n" + "    x();\n" * 41 + "}\n") == ["line 2: 41 lines"]


@pytest.mark.parametrize("path", [p for p in MODULES.values() if p.name == "__init__.py"], ids=str)
def test_packages_import_nothing(path):
    """Importing pympr.data.schema runs pympr/data/__init__.py: what stands there is paid by all."""
    text = path.read_text()
    if room_of("pympr." + path.parent.name) not in ("faces", "cli", *MAPPED):
        assert text.strip() == ""
    at_top = [item for item in imports(ast.parse(text), MODULES) if not (item.is_late or item.is_for_types)]
    assert [item.target for item in at_top if item.target.split(".")[0] not in STANDARD_LIBRARY] == []


def test_planning_needs_neither_numpy_nor_mpi():
    rooms = [name for name in MODULES if room_of(name) in ("ground", "plan", "optimise", "stages")]
    program = f"import sys, importlib\nfor name in {rooms!r}: importlib.import_module(name)\n"
    program += "print([name for name in ('numpy', 'mpi4py.MPI', 'pyarrow', 'cffi') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr
