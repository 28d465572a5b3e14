"""Sample leads of the lead desk: what the five source documents tell of, deed by deed.

A deed names its signal as the documents' presets do, in the order in which a definition is asked for it.
Addresses end in .example, which nobody can own (RFC 2606), but for the one that must be a free one.
"""

from dataclasses import dataclass

from bot.demo.leads import Person


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a lead does: the first of *signals* that the definition knows, so many *times*."""

    signals: tuple[str, ...]
    asset: str | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """A lead and what it does, one thing after the other; *source* is the document that tells of it."""

    key: str
    title: str
    source: str
    person: Person
    deeds: tuple[Deed, ...]


DEMO = ("demo_request", "demo")
PRICING = ("pricing_page", "pricing")
CASE_STUDY = ("case_study", "case_studies")
EBOOK = ("tofu_download", "ebook", "gated_download", "content_download", "white_paper")
PAPER = ("bofu_download", "white_paper", "gated_download", "content_download")
WEBINAR = ("webinar_product", "webinar_attended")
EDUCATIONAL = ("webinar_educational", "webinar_attended")
CLICK = ("email_click_product", "email_click", "email_click_trial", "email_click_content")
OPEN = ("email_open",)
NEWSLETTER = ("newsletter_signup",)


def _person(first: str, last: str, title: str, company: str, employees: int, country: str = "GB") -> Person:
    domain = company.split(" ", maxsplit=1)[0].lower()
    return {
        "email": f"{first}@{domain}.example".lower(), "first_name": first, "last_name": last, "title": title,
        "company": company, "employees": employees, "industry": "software", "country": country,
    }  # fmt: skip


SAMPLES = (
    Sample(
        "s0-demo", "A demo request from the ideal customer", "S0",
        _person("Mary", "Somerville", "VP Marketing", "Mechanism Ltd", 220), (Deed(DEMO, "Enterprise demo"),),
    ),
    Sample(
        "s0-ebook", "One ebook, from a company ten times too small", "S0",
        _person("Otto", "Klein", "Owner", "Kiosk OHG", 4, "DE"), (Deed(EBOOK, "What is an MQL?"),),
    ),
    Sample(
        "s1-weighted", "VP, 300 staff: download, clicks, pricing page", "S1",
        _person("Asha", "Rao", "VP Sales", "Monsoon Systems", 300, "IN"),
        (Deed(PAPER, "Buyer's guide"), Deed(CLICK, times=2), Deed(PRICING, "Pricing")),
    ),
    Sample(
        "s2-case-study", "A case study, the pricing page and four opened e-mails", "S2",
        _person("Lena", "Falk", "Marketing Director", "Nordlicht AB", 400, "SE"),
        (Deed(CASE_STUDY, "How Orbits doubled acceptance"), Deed(PRICING, "Pricing"), Deed(OPEN, times=4)),
    ),
    Sample(
        "s2-content", "Example 1: two downloads and the pricing page", "S2",
        _person("Hugo", "Marin", "Head of Demand Generation", "Atlas SAS", 150, "FR"),
        (Deed(EBOOK, "30 articles a month"), Deed(PAPER, "ROI calculator"), Deed(PRICING, "Pricing")),
    ),
    Sample(
        "s2-event", "Example 2: the webinar and its resource pack", "S2",
        _person("Iris", "Nagy", "Operations Manager", "Consult Kft", 90, "HU"),
        (Deed(WEBINAR, "Scoring that sales believes"), Deed(("resource_pack", *PAPER), "Resource pack")),
    ),
    Sample(
        "s2-manager", "A marketing manager at a company of 50, who only subscribes", "S2",
        _person("Paul", "Okoro", "Marketing Manager", "Fifty Ltd", 50), (Deed((*NEWSLETTER, *EBOOK)),),
    ),
    Sample(
        "s2-student", "A student with a free address, who reads a lot", "S2",
        {
            "email": "tim.reader@gmail.com", "first_name": "Tim", "last_name": "Reader", "title": "Student",
            "country": "GB",
        },
        (Deed(EBOOK, "What is an MQL?"), Deed(PAPER, "ROI calculator"), Deed(PRICING, "Pricing")),
    ),
    Sample(
        "s3-right-title", "Ebook, webinar, pricing page and the right title", "S3",
        _person("Vera", "Lind", "Director of Marketing", "Fjord AS", 260, "NO"),
        (Deed(EBOOK, "Ebook"), Deed(WEBINAR, "Product webinar"), Deed(PRICING, "Pricing")),
    ),
    Sample(
        "s3-second-visit", "The pricing page twice, then the comparison page", "S3",
        _person("Noor", "Haddad", "CMO", "Cedar Group", 900, "AE"),
        (Deed(PRICING, "Pricing", times=2), Deed(("comparison_page", "comparison_guide"), "Us and them")),
    ),
    Sample(
        "s4-cumulative", "White paper, webinar, case study, pricing: the sum makes the MQL", "S4",
        _person("Carlo", "Bruni", "IT Director", "Ponte SpA", 650, "IT"),
        (
            Deed(("white_paper", *EBOOK), "White paper"), Deed(EDUCATIONAL, "Webinar"),
            Deed(CASE_STUDY, "Case study"), Deed(PRICING, "Pricing"),
        ),
    ),
)  # fmt: skip
