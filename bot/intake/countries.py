"""A country as people write it, to its ISO 3166 code; and the time zone of countries that have only one.

Both tables are the tz database's own (package tzdata): iso3166.tab and zone.tab, read once.
"""

import re
from collections import Counter
from functools import cache
from importlib import resources
from unicodedata import combining, normalize

# Names that forms and CRMs write beside those of iso3166.tab: ISO's long forms, everyday names, older names.
ALIASES = {
    "GB": "uk, great britain, united kingdom, united kingdom of great britain and northern ireland, gbr, "
    "england, scotland, wales, northern ireland",
    "US": "usa, united states of america, america",
    "AE": "uae",
    "BA": "bosnia",
    "BO": "bolivia plurinational state of",
    "BN": "brunei darussalam",
    "CD": "congo democratic republic of the, democratic republic of the congo, dr congo, drc",
    "CF": "central african republic",
    "CG": "congo, republic of the congo",
    "CI": "ivory coast",
    "CN": "peoples republic of china, chn",
    "CV": "cabo verde",
    "CZ": "czechia",
    "DE": "deutschland, deu",
    "FR": "fra",
    "GR": "el, hellas",
    "HK": "hong kong sar, hong kong sar china",
    "IR": "iran islamic republic of, islamic republic of iran",
    "KP": "north korea, korea democratic peoples republic of, democratic peoples republic of korea, dprk",
    "KR": "south korea, republic of korea, korea republic of, korea",
    "LA": "lao peoples democratic republic",
    "MD": "moldova republic of, republic of moldova",
    "MK": "macedonia",
    "MM": "myanmar, burma",
    "MO": "macao",
    "NL": "holland",
    "PS": "palestine state of, state of palestine",
    "RU": "russian federation",
    "SY": "syrian arab republic",
    "SZ": "eswatini, swaziland",
    "TL": "timor leste",
    "TR": "turkiye",
    "TW": "taiwan province of china",
    "TZ": "tanzania united republic of, united republic of tanzania",
    "VA": "holy see, vatican",
    "VE": "venezuela bolivarian republic of",
    "VN": "viet nam",
    "WS": "samoa",
}

_TWO_LETTERS = re.compile(r"[A-Za-z]{2}")
_NO_WORD = re.compile(r"[^a-z0-9]+")


def country_code(written: str) -> str:
    """The ISO 3166 code of a country written as a code or an English name; as written where it is neither.

    Two letters are taken for a code, except UK and EL, which people write for GB and GR.
    """
    text = written.strip()
    known = _codes().get(_plain(text))
    if known is not None:
        return known
    return text.upper() if _TWO_LETTERS.fullmatch(text) else text


def only_timezone(code: str) -> str | None:
    """The IANA zone of the country with this ISO code; None where zone.tab lists several, or none."""
    return _only_zones().get(code)


def _plain(name: str) -> str:
    """Lower case, no accents, no punctuation, no article: one spelling for one country."""
    letters = "".join(letter for letter in normalize("NFKD", name.casefold()) if not combining(letter))
    words = _NO_WORD.sub(" ", re.sub(r"['’.]", "", letters.replace("&", " and "))).strip()
    return words.removeprefix("the ")


@cache
def _codes() -> dict[str, str]:
    found = {_plain(name): code for code, name in _rows("iso3166.tab")}
    for code, names in ALIASES.items():
        found |= dict.fromkeys((_plain(name) for name in names.split(",")), code)
    return found


@cache
def _only_zones() -> dict[str, str]:
    rows = [(code, zone) for code, _, zone, *_ in _rows("zone.tab")]
    number = Counter(code for code, _ in rows)
    return {code: zone for code, zone in rows if number[code] == 1}


def _rows(table: str) -> list[list[str]]:
    text = resources.files("tzdata").joinpath("zoneinfo", table).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
