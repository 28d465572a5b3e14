"""Definitions to start from: one for each source document (s0 … s4), `default` and `b2c`."""

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from scoring.definition import Definition, read_definition

ENDING = ".yaml"


@cache
def preset_names() -> tuple[str, ...]:
    """Every preset's name, in alphabetical order."""
    return tuple(
        sorted(file.name.removesuffix(ENDING) for file in _folder().iterdir() if file.name.endswith(ENDING))
    )


def preset_text(name: str) -> str:
    """The YAML of the preset *name*, comments and all, as `baton init` writes it.

    Raises:
        LookupError: there is no such preset; the message names those there are.
    """
    if name not in preset_names():
        raise LookupError(f"There is no preset {name!r}; choose one of {', '.join(preset_names())}.")
    return _folder().joinpath(name + ENDING).read_text(encoding="utf-8")


@cache
def preset(name: str) -> Definition:
    """The preset *name*, read and checked; the same object each time, so compiling it once is enough.

    Raises:
        LookupError: there is no such preset.
    """
    return read_definition(preset_text(name), f"presets/{name}{ENDING}")


def _folder() -> Traversable:
    return resources.files("scoring.presets")
