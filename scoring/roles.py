"""Who may do what, from the team file alone."""

from dataclasses import dataclass
from typing import Literal

from scoring.stages import Refused

Role = Literal["sdr", "ae", "manager", "marketing", "admin"]


@dataclass(frozen=True, slots=True)
class Presser:
    """Who asks. *role* is None for somebody the team file does not name."""

    id: str
    role: Role | None


def is_member(presser: Presser) -> bool:
    """Named in the team file."""
    return presser.role is not None


def check_member(presser: Presser) -> None:
    """Raises Refused for people whom the team file does not name."""
    if not is_member(presser):
        raise Refused(
            "You are not in Baton's team file, so nothing was changed. Ask whoever keeps it to add you."
        )


def check_decide(presser: Presser, owner: str | None, pool: tuple[str, ...]) -> None:
    """Raises Refused unless *presser* may accept, reject or work this hand-off.

    Unowned: its segment's pool and managers. Owned: its owner and managers. Source: DESIGN, "Who may".
    """
    check_member(presser)
    if presser.role == "manager":
        return
    if owner is not None and presser.id != owner:
        raise Refused(f"This lead belongs to <@{owner}>. Ask them, or a manager, if it should be yours.")
    if owner is None and presser.id not in pool:
        raise Refused("This lead is for another team's pool, so nothing was changed. A manager can take it.")


def check_admin(presser: Presser) -> None:
    """Raises Refused unless *presser* is an admin of Baton."""
    check_member(presser)
    if presser.role != "admin":
        raise Refused("Only an admin named in the team file can do this. Ask one of them.")
