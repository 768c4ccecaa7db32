"""Location of ``conf/`` and of the options in it."""

from pathlib import Path

from pruning_phases.errors import UserError


def conf_dir() -> str:
    """``conf/`` inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "conf", package.parent / "conf"):
        if folder.is_dir():
            return str(folder)
    raise UserError(f"no conf folder in {package} or beside it: install the package again")


def options(group: str) -> list[str]:
    """Names of a group's options, alphabetically."""
    return sorted(file.stem for file in (Path(conf_dir()) / group).glob("*.yaml"))


def groups() -> list[str]:
    """Names of the groups of a run's configuration."""
    return sorted(
        folder.name
        for folder in Path(conf_dir()).iterdir()
        if folder.is_dir() and folder.name != "hydra"
    )
