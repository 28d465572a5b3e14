"""What an e-mail address says: who it is, which kind it is, which company is behind it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.emails import company_domain, email_kind, normalise


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("  Ada@Engines.Example\n", "ada@engines.example"),
        ("ADA.LOVELACE@ACME.COM", "ada.lovelace@acme.com"),
        ("ada+webinar@acme.com", "ada+webinar@acme.com"),
        ("ada@müller.de", "ada@xn--mller-kva.de"),
        ("ada@XN--MLLER-KVA.de", "ada@xn--mller-kva.de"),
        ("ada@ＡＣＭＥ.com", "ada@acme.com"),
        ("Jörg@acme.de", "jörg@acme.de"),
        ("ada@firm1.test", "ada@firm1.test"),
        ("ada@firm1.invalid", "ada@firm1.invalid"),
        ("ada@mail.firm1.local", "ada@mail.firm1.local"),
    ],
)
def test_one_person_is_recognised_however_the_address_is_written(written: str, canonical: str) -> None:
    assert normalise(written) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "@",
        "ada",
        "ada@",
        "@acme.com",
        "ada@acme",
        "ada@test",
        "ada@localhost",
        "ada@.invalid",
        "ada@acme..com",
        "ada@@acme.com",
        "ada@b@acme.com",
        "Ada Lovelace <ada@acme.com>",
        "ada lovelace@acme.com",
        "ada@acme.com, bob@acme.com",
        "ada\0@acme.com",
        "ada@acme.com\0",
        "ada@[10.0.0.1]",
        "ada@10.0.0.1",
        "ada@xn--a.com",
        "a" * 600 + "@acme.com",
        "ada@" + "a" * 600 + ".com",
        "Select",
        "n/a",
    ],
)
def test_what_is_no_address_says_nothing(text: str) -> None:
    assert (normalise(text), email_kind(text), company_domain(text)) == (None, None, None)


@pytest.mark.parametrize(
    "address",
    [
        "ada@gmail.com",
        "ADA@GoogleMail.com",
        "ada@yahoo.com",
        "ada@yahoo.co.uk",
        "ada@hotmail.com",
        "ada@outlook.com",
        "ada@web.de",
        "ada@gmx.net",
        "ada@t-online.de",
        "ada@orange.fr",
        "ada@libero.it",
        "ada@proton.me",
        "ada@icloud.com",
        "ada@163.com",
        "ada+list@rediffmail.com",
    ],
)
def test_a_free_mailbox_is_personal_and_names_no_company(address: str) -> None:
    assert email_kind(address) == "personal"
    assert company_domain(address) is None


@pytest.mark.parametrize("address", ["ada@mailinator.com", "ada@x.mailinator.com", "ada@a.b.YOPMAIL.com"])
def test_a_throw_away_address_is_disposable_below_its_domain_too(address: str) -> None:
    assert email_kind(address) == "disposable"
    assert company_domain(address) is None


@pytest.mark.parametrize(
    "address", ["ada@mailinator-consulting.example", "ada@mailinator.com.acme.com", "ada@mygmail.acme.com"]
)
def test_a_company_whose_name_resembles_a_mail_provider_is_still_a_company(address: str) -> None:
    assert email_kind(address) == "company"


@pytest.mark.parametrize(
    ("address", "company"),
    [
        ("ada@acme.com", "acme.com"),
        ("ada@eu.sales.acme.com", "acme.com"),
        ("ada@acme.co.uk", "acme.co.uk"),
        ("ada@mail.acme.co.uk", "acme.co.uk"),
        ("ada@vertrieb.müller.de", "xn--mller-kva.de"),
        ("ada@firm1.example", "firm1.example"),
        ("bob@firm2.example", "firm2.example"),
        ("ada@firm1.test", "firm1.test"),
        ("ada@acme.github.io", "acme.github.io"),
        ("ada@corp.mail.ru", "corp.mail.ru"),
    ],
)
def test_colleagues_share_a_company_and_strangers_do_not(address: str, company: str) -> None:
    assert email_kind(address) == "company"
    assert company_domain(address) == company


@given(st.text(max_size=80) | st.emails())
def test_no_text_breaks_the_reading_of_an_address_and_reading_twice_changes_nothing(text: str) -> None:
    once = normalise(text)

    assert once is None or normalise(once) == once
    assert (once is None) == (email_kind(text) is None)
    assert company_domain(text) is None or email_kind(text) == "company"
