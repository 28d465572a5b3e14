"""Who may do what, from the team file alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scoring import closing
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


def check_take(presser: Presser, ae: str | None, aes: Sequence[str]) -> None:
    """Raises Refused unless *presser* may take this SQL on: the account executive it names, or, where it names none,
    any of *aes*; and managers."""
    check_member(presser)
    if presser.role == "manager" or presser.id in closing.takers(ae, aes):
        return
    if ae is not None:
        raise Refused(f"This lead was handed to <@{ae}>. Ask them, or a manager, if it should be yours.")
    raise Refused(
        "An account executive takes this lead on from here, so nothing was changed. "
        "Ask one of them, or a manager."
    )


def check_deal(presser: Presser, owner: str | None, takers: Sequence[str]) -> None:
    """Raises Refused unless *presser* may decide about this SQL or deal: its owner, who may take it on, managers."""
    check_member(presser)
    if presser.role == "manager" or presser.id == owner or presser.id in takers:
        return
    whose = f"belongs to <@{owner}>" if owner is not None else "is for an account executive"
    raise Refused(f"This deal {whose}. Ask them, or a manager, if it should be yours.")


def check_manager(presser: Presser) -> None:
    """Raises Refused unless *presser* is a manager."""
    check_member(presser)
    if presser.role != "manager":
        raise Refused("Only a manager named in the team file can do this. Ask one of them.")


def check_admin(presser: Presser) -> None:
    """Raises Refused unless *presser* is an admin of Baton."""
    check_member(presser)
    if presser.role != "admin":
        raise Refused("Only an admin named in the team file can do this. Ask one of them.")


def check_manage(presser: Presser) -> None:
    """Raises Refused unless *presser* may edit the team: managers and admins."""
    check_member(presser)
    if presser.role not in ("manager", "admin"):
        raise Refused(
            "Only a manager or an admin can edit the team, so nothing was changed. Ask one of them."
        )


def check_hand_over(presser: Presser) -> None:
    """Raises Refused unless *presser* may hand a lead over by hand: SDRs, marketing and managers."""
    check_member(presser)
    if presser.role not in ("sdr", "marketing", "manager"):
        raise Refused("SDRs, marketing and managers hand leads over by hand. Ask one of them.")


def check_leader(presser: Presser) -> None:
    """Raises Refused unless *presser* is of marketing or a manager."""
    check_member(presser)
    if presser.role not in ("marketing", "manager"):
        raise Refused("Marketing and managers do this. Ask one of them.")


def check_facts(presser: Presser, owner: str | None, pool: tuple[str, ...]) -> None:
    """Raises Refused unless *presser* may type what is unknown of a lead: marketing, or who may decide on it.

    *pool* is empty where no hand-off of the lead is open.
    """
    check_member(presser)
    if presser.role == "marketing":
        return
    if owner is None and not pool and presser.role != "manager":
        raise Refused(
            "Nobody of sales has this lead, so marketing and managers complete it. Ask one of them."
        )
    check_decide(presser, owner, pool)
