"""Who may decide about a hand-off: unowned the pool and managers, owned the owner and managers."""

from collections.abc import Callable

import pytest

from scoring.roles import (
    Presser,
    Role,
    check_admin,
    check_deal,
    check_decide,
    check_manager,
    check_member,
    check_take,
)
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


@pytest.mark.parametrize(
    ("user", "role", "named", "unnamed", "owned"),
    [
        ("U0SUE", "ae", True, True, True),
        ("U0TOM", "ae", False, True, False),
        ("U0ANN", "sdr", False, False, False),
        ("U0MAX", "manager", True, True, True),
        ("U0MIA", "marketing", False, False, False),
        ("U0EVE", None, False, False, False),
        ("U0SUE", None, False, False, False),
    ],
)
def test_who_takes_an_sql_on_and_who_decides_about_a_deal(
    user: str, role: Role | None, named: bool, unnamed: bool, owned: bool
) -> None:
    who, aes = Presser(user, role), ("U0SUE", "U0TOM")

    assert passes(lambda: check_take(who, "U0SUE", aes)) == named
    assert passes(lambda: check_take(who, None, aes)) == unnamed
    assert passes(lambda: check_deal(who, "U0SUE", ())) == owned
    assert passes(lambda: check_deal(who, "U0BOB", ("U0SUE",))) == owned


@pytest.mark.parametrize("role", ["sdr", "ae", "admin", "marketing", None])
def test_only_managers_do_what_managers_do(role: Role | None) -> None:
    check_manager(Presser("U0MAX", "manager"))

    with pytest.raises(Refused):
        check_manager(Presser("U0MAX", role))


def passes(check: Callable[[], None]) -> bool:
    try:
        check()
    except Refused:
        return False
    return True
