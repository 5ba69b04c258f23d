"""The public surface, the direction of imports, and what every module promises."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pickle
import pkgutil
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import outlive
from outlive import errors

from .files import run_python

SOURCE = Path(outlive.__file__).parent
BOTH = [getattr(errors, name) for name in errors.__all__]
ERRORS = [each for each in BOTH if not issubclass(each, Warning)]

STORE = {"store", "opening", "default", "store_checking", "store_inspecting", "store_placing"}
# Who may import whom: each layer those before it, and its own.
LAYERS = [
    {"errors", "faults"},
    {"formats", "disk", "live"},
    {"engines"},
    STORE | {"state", "safes", "tables"},
    {"compat", "cli", "__init__"},
    {"__main__"},
]
FACES = [STORE, {"state"}, {"safes"}, {"tables"}]


def test_all_is_the_public_surface() -> None:
    """Every public name of the package is in __all__, sorted, and nothing else is."""
    public = {
        name
        for name in dir(outlive)
        if not name.startswith("_") and not isinstance(getattr(outlive, name), types.ModuleType)
    } - {"TYPE_CHECKING"}
    assert public == set(outlive.__all__)
    assert sorted(outlive.__all__) == outlive.__all__


def test_every_error_is_public() -> None:
    """Users can catch each error by its name in `outlive`, and all of them by OutliveError.

    Warnings can be filtered by their names.
    """
    assert set(errors.__all__) <= set(outlive.__all__)
    assert all(issubclass(error, outlive.OutliveError) for error in ERRORS)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """The drawing in `outlive.errors` names every error below its parent."""
    lines = [
        line for line in (errors.__doc__ or "").splitlines() if "──" in line or "Error" in line
    ]
    drawn = [word for line in lines for word in line.split() if word in errors.__all__]
    assert set(errors.__all__) <= set(drawn)
    assert issubclass(outlive.FullError, outlive.DiskError)


@pytest.mark.parametrize("error", ERRORS)
def test_errors_survive_pickling(error: type[outlive.OutliveError]) -> None:
    """An error raised in a worker process arrives whole in its parent."""
    made = (
        error(28, "a message", "a.json", "write")
        if issubclass(error, OSError)
        else error("a message")
    )
    if isinstance(made, outlive.LockedError):
        made.pid = 5
    again = pickle.loads(pickle.dumps(made))
    assert (type(again), str(again), vars(again)) == (error, "a message", vars(made))
    if isinstance(again, outlive.DiskError):
        assert (again.errno, again.filename, again.operation) == (28, "a.json", "write")


def imports(path: Path) -> Iterator[str]:
    """The parts of outlive that a module imports, `store` for outlive.store and outlive.store.x."""
    package = ["outlive", *path.relative_to(SOURCE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1] + (node.module or "").split(".")
            names = [base] if base[1:] != [""] else [[*base[:1], name.name] for name in node.names]
            yield from (name[1] for name in names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("outlive"):
            pytest.fail(f"{path}: imports within the package are relative")


def layer(part: str) -> int:
    """Where a part stands."""
    return next(i for i, parts in enumerate(LAYERS) if part in parts)


def test_imports_run_one_way() -> None:
    """errors ← formats, disk, live ← engines ← faces ← compat, cli; no face imports another."""
    for path in SOURCE.rglob("*.py"):
        part = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        for other in imports(path):
            if part == "cli" and other in outlive.__all__:
                continue  # a public name
            if other == part or any({part, other} <= face for face in FACES):
                continue
            assert layer(other) < layer(part), f"{path} imports {other}"


def modules() -> list[types.ModuleType]:
    """Every module of the package."""
    found = pkgutil.walk_packages(outlive.__path__, "outlive.")
    return [outlive, *(importlib.import_module(info.name) for info in found)]


def test_modules_stay_small() -> None:
    """No module grows beyond what one reads at a sitting."""
    assert {
        str(p): n for p in SOURCE.rglob("*.py") if (n := len(p.read_text().splitlines())) > 340
    } == {}


def test_the_package_is_typed() -> None:
    """Type checkers use our annotations."""
    assert (SOURCE / "py.typed").exists()


@pytest.mark.parametrize(
    "name",
    [
        *("open", "replace", "replacing", "Store", "State", "StateMethods", "Change"),
        *("Safe", "safe", "Storage", "Table", "Property", "wrap"),
    ],
)
def test_public_functions_have_an_example(name: str) -> None:
    """Each entry point shows one in its docstring, or in those of its methods."""
    value = getattr(outlive, name)
    methods = (
        [m for _, m in inspect.getmembers(value, inspect.isfunction)] if name == "Store" else []
    )
    assert any(">>> " in (item.__doc__ or "") for item in [value, *methods])


def test_docstring_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every example in a docstring does what it shows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTLIVE_HOME", str(tmp_path / "home"))
    tried = 0
    for module in modules():
        import csv

        extra = {"outlive": outlive, "csv": csv, **vars(module)}
        if module.__name__ == "outlive.compat.atomic_store":
            extra["atomic_store"] = module
        result = doctest.testmod(module, extraglobs=extra)
        assert result.failed == 0, module.__name__
        tried += result.attempted
    assert tried >= 6


def test_import_is_quick_to_load() -> None:
    """Importing outlive loads no format's package: each waits until it is asked for."""
    program = (
        "import outlive, sys\n"
        "late = ('yaml', 'tomlkit', 'tomllib', 'msgspec', 'pickle', 'inspect')\n"
        "late += ('lmdb', 'mmap', 'platformdirs', 'outlive.safes', 'outlive.engines')\n"
        "late += ('pyarrow', 'numpy', 'outlive.tables')\n"
        "print([m for m in late if m in sys.modules])"
    )
    printed = run_python(program)
    assert printed.strip() == "[]"
