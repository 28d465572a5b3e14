"""The accounts file: whose each company is. A CSV `domain,owner`, an owner being a Slack id of the team file."""

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import StringIO

from scoring.emails import company_domain

COLUMNS = ["domain", "owner"]


@dataclass(frozen=True, slots=True)
class Accounts:
    """What an accounts file says.

    Attributes:
        owners: registrable domain to Slack id.
        problems: sentences about rows that are left out, each with file and line.
    """

    owners: dict[str, str]
    problems: tuple[str, ...] = ()


def read_accounts(text: str, people: Collection[str], file: str = "accounts.csv") -> Accounts:
    """The accounts written in *text*; rows that are wrong are left out and told, the others count.

    A domain is taken as the company it belongs to (`mail.engines.example` is `engines.example` where that is
    registrable). The first row of a company counts.
    """
    rows = csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""))
    header = [name.strip().lower() for name in next(rows, [])]
    if header[:2] != COLUMNS:
        return Accounts({}, (f"{file}, line 1: should read domain,owner.",))
    owners: dict[str, str] = {}
    problems = []
    for line, domain, owner, problem in _rows(rows):
        company = company_domain(f"x@{domain}") if problem is None else None
        if problem is None and company is None:
            problem = f"{domain or 'nothing'} is no company's domain; write engines.example"
        if problem is None and owner not in people:
            problem = f"{owner or 'nobody'} is not under people in the team file; write a Slack id of somebody who is"
        if problem is None and company in owners:
            problem = f"{domain} stands there already; leave one of them out"
        if problem is not None or company is None:
            problems.append(f"{file}, line {line}: {problem}.")
        else:
            owners[company] = owner
    return Accounts(owners, tuple(problems))


def _rows(rows: Iterator[list[str]]) -> Iterator[tuple[int, str, str, str | None]]:
    for line, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) < len(COLUMNS):
            yield line, "", "", "has no owner; write domain,owner"
        else:
            yield line, row[0].strip().lower(), row[1].strip(), None
