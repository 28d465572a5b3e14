"""What an e-mail address says about a person: its canonical form, its kind, and the company behind it."""

from functools import cache, lru_cache
from importlib import resources
from typing import Literal
from unicodedata import normalize

from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email
from tldextract import TLDExtract

EmailKind = Literal["personal", "disposable", "company"]

# RFC 5321, 4.5.3.1.3: a path holds at most 256 octets with its brackets; spaces around it are pasted in.
# Text beyond this is cut, and what is left is then too long to be valid.
LONGEST_ADDRESS = 512

# Names nobody can own (RFC 2606, 6761) and email-validator refuses; .example and .test pass without help.
RESERVED = frozenset({"invalid", "local", "localhost"})


@lru_cache(maxsize=4_096)  # one event asks for its address several times, and senders repeat themselves
def normalise(address: str) -> str | None:
    """The one spelling of *address* that identifies a person, or None where it is no address.

    Trimmed and lower-cased, the domain in its ASCII form (`xn--…`), a `+tag` kept: two tags may be two
    people behind one inbox, and merging strangers is worse than asking twice. A domain needs a dot.
    Reserved domains (RFC 2606) are accepted, samples use them. Never raises.
    """
    local, _, domain = address.strip()[:LONGEST_ADDRESS].rpartition("@")
    parent, _, last = domain.lower().rpartition(".")
    reserved = last if parent and last in RESERVED else ""
    try:
        checked = validate_email(
            f"{local}@{parent}.test" if reserved else f"{local}@{domain}",
            check_deliverability=False,
            test_environment=True,
        )
    except EmailNotValidError:
        return None
    host = checked.ascii_domain.lower()
    if reserved:
        host = host.removesuffix("test") + reserved
    return f"{normalize('NFC', checked.local_part.lower())}@{host}" if "." in host else None


def email_kind(address: str) -> EmailKind | None:
    """Whether *address* is a free mailbox, a throw-away one or a company's; None where it is no address.

    A subdomain of a disposable domain is disposable. Sources: free_email_domains.txt (MIT) and the package
    disposable-email-domains (CC0); where both name a domain, disposable counts.
    """
    host = _host(address)
    return None if host is None else _kind_of(host)


def company_domain(address: str) -> str | None:
    """The registrable domain of the company behind *address*; None for free or disposable mail or no address.

    `eu.sales.acme.co.uk` and `acme.co.uk` are one company. A host without a known public suffix stands for
    itself (`firm1.example`), or every sample company would be the same one; so does a host below a free
    provider's own domain, whose registrable domain belongs to everybody.
    """
    host = _host(address)
    return None if host is None else _company_of(host)


@lru_cache(maxsize=4_096)  # by host: a company's people share theirs, so that a new colleague costs nothing
def _kind_of(host: str) -> EmailKind:
    if any(parent in blocklist for parent in _with_parents(host)):
        return "disposable"
    return "personal" if host in _free_domains() else "company"


@lru_cache(maxsize=4_096)
def _company_of(host: str) -> str | None:
    if _kind_of(host) != "company":
        return None
    registrable = _public_suffixes()(host).top_domain_under_public_suffix
    return host if not registrable or registrable in _free_domains() else registrable


def _host(address: str) -> str | None:
    spelled = normalise(address)
    return None if spelled is None else spelled.rpartition("@")[2]


def _with_parents(host: str) -> list[str]:
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


@cache
def _free_domains() -> frozenset[str]:
    text = resources.files("scoring").joinpath("free_email_domains.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def _public_suffixes() -> TLDExtract:
    # The list inside the package: nothing is fetched and nothing written. Private suffixes count, because
    # two customers of one hosting provider are two companies.
    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
