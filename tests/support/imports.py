"""Import graph of the package, read from its sources: ``python -m tests.support.imports``."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = "pruning_phases"
Graph = dict[str, set[str]]


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(source: str) -> Iterator[tuple[str, str | None]]:
    """(module, name) of every import at any depth, those for type checkers alone included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def sources() -> dict[str, str]:
    """Module name -> source, of the package."""
    files = (ROOT / PACKAGE).rglob("*.py")
    return {module_name(file): file.read_text() for file in files}


def graph(modules: dict[str, str]) -> Graph:
    """Module -> modules of the package that it imports; all else under its top-level name."""
    edges: Graph = {}
    for name, source in modules.items():
        edges[name] = set()
        for module, attribute in imported(source):
            inside = f"{module}.{attribute}"
            target = inside if inside in modules else module
            edges[name].add(target if target in modules else module.partition(".")[0])
        edges[name].discard(name)
    return edges


def circles(edges: Graph) -> list[list[str]]:
    """Groups of modules that import each other, directly or through others (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in edges.get(node, ()):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            group = [stack.pop()]
            while group[-1] != node:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for node in edges:
        if node not in index:
            visit(node)
    return found


def room_of(module: str) -> str:
    """The folder of a module below the package, or its name for a file of the top folder."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def main() -> None:
    edges = graph(sources())
    rooms: Graph = {}
    for module, targets in edges.items():
        inside = {room_of(target) for target in targets if target.startswith(PACKAGE)}
        rooms.setdefault(room_of(module), set()).update(inside - {room_of(module)})
    for room in sorted(rooms):
        print(f"{room:<16} -> {', '.join(sorted(rooms[room]))}")
    print("circles:", circles(edges) or "none")


if __name__ == "__main__":
    main()
