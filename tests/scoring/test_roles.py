"""Who may decide about a hand-off: unowned the pool and managers, owned the owner and managers."""

import pytest

from scoring.roles import Presser, Role, check_admin, check_decide, check_member
from scoring.stages import Refused

POOL = ("U0ANN", "U0BOB")


def may_decide(user: str, role: Role | None, owner: str | None) -> bool:
    try:
        check_decide(Presser(user, role), owner, POOL)
    except Refused:
        return False
    return True


@pytest.mark.parametrize(
    ("user", "role", "unowned", "anns"),
    [
        ("U0ANN", "sdr", True, True),
        ("U0BOB", "sdr", True, False),
        ("U0CAT", "sdr", False, False),
        ("U0AEX", "ae", False, False),
        ("U0MIA", "marketing", False, False),
        ("U0ADA", "admin", False, False),
        ("U0MAX", "manager", True, True),
        ("U0EVE", None, False, False),
        ("U0ANN", None, False, False),
    ],
)
def test_who_may_decide(user: str, role: Role | None, unowned: bool, anns: bool) -> None:
    assert may_decide(user, role, None) == unowned
    assert may_decide(user, role, "U0ANN") == anns


def test_the_refusals_are_sentences_that_say_what_to_do() -> None:
    with pytest.raises(Refused) as owned:
        check_decide(Presser("U0BOB", "sdr"), "U0ANN", POOL)
    with pytest.raises(Refused) as stranger:
        check_member(Presser("U0EVE", None))

    assert owned.value.sentence == (
        "This lead belongs to <@U0ANN>. Ask them, or a manager, if it should be yours."
    )
    assert "Ask whoever keeps it to add you." in stranger.value.sentence


@pytest.mark.parametrize("role", ["sdr", "ae", "manager", "marketing", None])
def test_only_admins_do_what_admins_do(role: Role | None) -> None:
    check_admin(Presser("U0ADA", "admin"))

    with pytest.raises(Refused):
        check_admin(Presser("U0ADA", role))
