"""Layout of the package: who may import whom, and sizes at which a reader gets lost."""

import ast
import re

import pytest

from tests.support.imports import PACKAGE, circles, graph, room_of, sources

# From top to bottom: a folder or file imports only what stands in a lower line, or in its own room.
LAYERS = [
    "",  # entry modules: all files of the top folder that no other line names
    "api",
    "cli",
    "sweeps",
    "analysis training",
    "tracking",
    "ensemble",
    "models data pruning observables",
    "topology",
    "records",
    "statistics",
    "config",
    "streams",
    "stream_kernels",
    "import_path",
    "compiled console errors file_path registry pruning_phases",
]
LEVEL = {room: level for level, line in enumerate(LAYERS) for room in line.split()}
# The files of ``config`` that check and describe read the registries of what they check.
ABOVE_THE_REGISTRIES = {"checks", "register", "help", "analysis", "reference"}
REGISTRIES = re.compile(rf"{PACKAGE}\.(data|models|pruning|observables)\.(registry|schedules)")
# Facts on observables' columns that everyone may read.
COLUMNS = {f"{PACKAGE}.observables.{name}" for name in ("registry", "controls")}
# Imported when a condition of a key is asked for, not when the module is.
LATE = {(f"{PACKAGE}.config.groups", f"{PACKAGE}.pruning.registry")}
FORBIDDEN = {
    "analysis": ["torch", "lightning", "hydra", f"{PACKAGE}.config.run", f"{PACKAGE}.config.checks",
                 f"{PACKAGE}.ensemble", f"{PACKAGE}.training"],
    "api": ["torch", "lightning", "hydra"],
    "statistics": ["torch", "lightning", "hydra"],
    "records": ["torch", "lightning", "hydra"],
    "training": [f"{PACKAGE}.analysis", "hydra"],
}  # fmt: skip


def violations(modules: dict[str, str]) -> list[str]:
    """Imports that break a rule, as ``importer -> imported``."""
    found = []
    for module, targets in graph(modules).items():
        for target in sorted(targets):
            if is_forbidden(module, target) or runs_upwards(module, target):
                found.append(f"{module} -> {target}")
    return found


def is_forbidden(module: str, target: str) -> bool:
    return any(
        target == name or target.startswith(f"{name}.")
        for name in FORBIDDEN.get(room_of(module), ())
    )


def runs_upwards(module: str, target: str) -> bool:
    if not target.startswith(PACKAGE) or room_of(target) == room_of(module):
        return False
    if target in COLUMNS or (module, target) in LATE:
        return False
    above = room_of(module) == "config" and module.rpartition(".")[2] in ABOVE_THE_REGISTRIES
    if above and REGISTRIES.match(target):
        return False
    return LEVEL.get(room_of(target), 0) <= LEVEL.get(room_of(module), 0)


def test_imports_run_downwards_and_forbidden_ones_are_absent():
    assert violations(sources()) == []


def test_no_modules_import_each_other_in_a_circle():
    assert circles(graph(sources())) == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("analysis.exponents.fit", "import torch"),
        ("analysis.capacity.read", "from pruning_phases.config.run import Config"),
        ("training.run", "from pruning_phases.analysis.registry import plot"),
        ("records.run", "from pruning_phases.sweeps.plan import Job"),
        ("streams", "    from pruning_phases.ensemble.replicas import Replicas"),
    ],
)
def test_a_forbidden_import_is_found(module, line):
    modules = sources()
    name = f"{PACKAGE}.{module}"
    statement = f"def late():\n{line}\n" if line.startswith(" ") else f"{line}\n"
    modules[name] = modules[name].replace("\n\n\n", f"\n{statement}\n\n", 1)
    assert any(found.startswith(f"{name} -> ") for found in violations(modules))


def test_a_circle_is_found():
    modules = sources()
    modules[f"{PACKAGE}.errors"] += "\nimport pruning_phases.records.atomic\n"
    assert circles(graph(modules))


SOURCES = sources()  # read once for all tests of single files


def functions(source: str) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("module", sorted(SOURCES))
def test_files_and_functions_fit_a_readers_memory(module):
    source = SOURCES[module]
    assert source.count("\n") <= 300
    for node in functions(source):
        assert node.end_lineno is not None
        assert node.end_lineno - node.lineno < 50, f"{module}.{node.name}"


FRAGMENTS = re.compile(r"(Of|What|Who|Whose|Which|Whether|How|As|So|Where|That|Into|In which)\b")


@pytest.mark.parametrize("module", sorted(SOURCES))
def test_docstrings_begin_with_what_the_thing_does_or_is(module):
    tree = ast.parse(SOURCES[module])
    kinds = (ast.Module, ast.FunctionDef, ast.ClassDef)
    texts = [ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, kinds)]
    assert [text for text in texts if text and FRAGMENTS.match(text)] == []


def test_every_room_says_at_its_door_what_it_is_for():
    rooms = {name: source for name, source in sources().items() if name.count(".") == 1}
    assert [
        name for name, source in rooms.items() if not ast.get_docstring(ast.parse(source))
    ] == []
