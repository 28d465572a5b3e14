"""The accounts file: whose each company is."""

from scoring.accounts import read_accounts

PEOPLE = ("U0ANN", "U0BOB")


def test_each_company_has_its_owner_and_a_host_of_it_is_the_company() -> None:
    text = "domain,owner\nacme.co.uk,U0ANN\n Mail.Engines.COM , U0BOB \n\n"
    assert read_accounts(text, PEOPLE).owners == {"acme.co.uk": "U0ANN", "engines.com": "U0BOB"}


def test_rows_that_are_wrong_are_told_with_their_line_and_the_others_count() -> None:
    text = (
        "\ufeffDomain,Owner\ngmail.com,U0ANN\nacme.com,U0EVE\nacme.com\nacme.com,U0ANN\nwww.acme.com,U0BOB\n"
    )
    read = read_accounts(text, PEOPLE, "accounts.csv")
    assert read.owners == {"acme.com": "U0ANN"}
    assert [problem.partition(":")[0] for problem in read.problems] == [
        f"accounts.csv, line {line}" for line in (2, 3, 4, 6)
    ]
    assert "gmail.com is no company's domain" in read.problems[0]
    assert "U0EVE is not under people" in read.problems[1]


def test_a_file_without_its_header_is_no_accounts_file() -> None:
    read = read_accounts("acme.com,U0ANN\n", PEOPLE)
    assert (read.owners, read.problems) == ({}, ("accounts.csv, line 1: should read domain,owner.",))
