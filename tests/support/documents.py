"""The documents of the repository: their tables, blocks of code and commands."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
DOCUMENTS = sorted(
    [
        *(path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"),  # which has old names
        *DOCS.rglob("*.md"),
        ROOT / "multirun" / "README.md",
    ]
)
MODULE = "pruning_phases."


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def rows_of(path: Path, head: str) -> list[list[str]]:
    """The cells of the rows of the table that begins with this line."""
    lines = path.read_text().partition(f"\n{head}\n")[2].splitlines()[1:]
    end = next((i for i, line in enumerate(lines) if not line.startswith("|")), len(lines))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:end]]


def blocks(path: Path, *languages: str) -> list[tuple[str, str]]:
    """The blocks of code in these languages, each with its language, in order."""
    pattern = rf"^```({'|'.join(languages)})\n(.*?)^```"
    return re.findall(pattern, path.read_text(), re.DOTALL | re.MULTILINE)


def lines_of(block: str) -> list[str]:
    """The commands of a block of bash; a backslash joins lines."""
    return [line.strip() for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def words_of(line: str) -> list[str]:
    """The words of a command of the package, its name first; [] for another command."""
    words = shlex.split(line, comments=True)
    if words[:2] == ["python", "-m"] and words[2].startswith(MODULE):
        return [words[2].removeprefix(MODULE), *words[3:]]
    return words[1:] if words[:1] == ["pruning-phases"] else []


def commands(path: Path) -> list[list[str]]:
    """The words of every command of the package in the blocks of bash of a document."""
    found = [words_of(line) for _, block in blocks(path, "bash") for line in lines_of(block)]
    return [words for words in found if words]
