"""The mapping file: what each key means, and what is said of its mistakes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.intake.header import by_names, fit_to_header
from bot.intake.mapping import MappingError, read_mapping
from scoring.arrival import Arrival

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MAPPINGS = Path(__file__).parents[3] / "docs" / "mappings"


def read_row(mapping: str, cells: dict[str, str]) -> tuple[Arrival, ...]:
    reading = fit_to_header(read_mapping(mapping), tuple(cells), "leads.csv")
    return reading.arrivals(tuple(cells.values()), NOW)


def facts(mapping: str, cells: dict[str, str]) -> dict[str, object]:
    return {name: value for arrival in read_row(mapping, cells) for name, value in arrival.facts.items()}


def problems(mapping: str) -> list[str]:
    with pytest.raises(MappingError) as refused:
        read_mapping(mapping, "map.yaml")
    return list(refused.value.problems)


EVERYTHING = """
source: hubspot
id: Record ID
email: Email
event: Activity ID
date: {column: When, format: "%d-%m-%Y %H:%M", timezone: Europe/Berlin}
signal: {column: Did, values: {Form submitted: contact_form, Called by us: null}}
asset: Page
unknown: [keine Angabe, 0]
delimiter: semicolon
encoding: cp1252
columns:
  Role: title
  Size: {to: employees, number: comma}
  Tools: {to: technology, split: "|", lower: true}
  Trial: {to: on_trial, values: {"Yes": true, "No": false, Maybe: null}}
  Land: {to: country, unknown: [Ausland]}
leaks: [Closed]
ignore: [Remarks]
"""
ROW = {
    "Record ID": "17",
    "Email": " Ada@Engines.example ",
    "Activity ID": "a-1",
    "When": "22-11-2026 10:12",
    "Did": "Form Submitted",
    "Page": "Pricing",
    "Role": "VP Marketing",
    "Size": "1.200",
    "Tools": "Slack| HubSpot |keine Angabe",
    "Trial": "yes",
    "Land": "Ausland",
    "Closed": "won",
    "Remarks": "-",
}


def test_every_key_of_a_mapping_does_what_it_says() -> None:
    known, did = read_row(EVERYTHING, ROW)

    assert known.facts == {
        "id": "17",
        "email": "ada@engines.example",
        "email_kind": "company",
        "email_domain": "engines.example",
        "title": "VP Marketing",
        "seniority": "vp",
        "function": "marketing",
        "employees": 1200,
        "technology": ("slack", "hubspot"),
        "on_trial": True,
    }
    assert (did.source, did.event, did.signal, did.asset) == ("hubspot", "a-1", "contact_form", "Pricing")
    assert did.occurred == known.facts_at == int(datetime(2026, 11, 22, 9, 12, tzinfo=UTC).timestamp())
    assert did.keys == known.keys == ("email:ada@engines.example", "id:hubspot:17")
    assert did.received == int(NOW.timestamp())


@pytest.mark.parametrize("cell", ["Called by us", "Something else", "", "keine angabe"])
def test_a_cell_without_a_signal_of_its_own_is_no_activity(cell: str) -> None:
    assert [arrival.signal for arrival in read_row(EVERYTHING, {**ROW, "Did": cell})] == [None]


def test_the_encoding_and_delimiter_told_are_kept_for_the_reader() -> None:
    mapping = read_mapping(EVERYTHING)

    assert (mapping.delimiter, mapping.encoding) == (";", "cp1252")


@pytest.mark.parametrize(
    "cell", ["", " ", "Select", "select", "#VALUE!", "#N/A", "n/a", "-", "keine Angabe", "0"]
)
def test_placeholders_are_unknown_in_every_column(cell: str) -> None:
    said = facts(EVERYTHING, {**ROW, "Role": cell, "Size": cell, "Tools": cell, "Trial": cell})

    assert said.keys().isdisjoint({"title", "seniority", "employees", "technology", "on_trial"})


NUMBERS: list[tuple[str, str, object]] = [
    ("point", "1,234.5", 1234.5),
    ("point", "1234", 1234),
    ("point", "0.0", 0),
    ("point", "-3", -3),
    ("comma", "1.234,5", 1234.5),
    ("comma", "1,5", 1.5),
]


@pytest.mark.parametrize(("form", "cell", "value"), NUMBERS, ids=[f"{f} {c}" for f, c, _ in NUMBERS])
def test_numbers_are_read_as_the_mapping_says_they_are_written(form: str, cell: str, value: object) -> None:
    mapping = f"source: x\nid: k\ncolumns: {{n: {{to: visits, number: {form}}}}}"

    assert facts(mapping, {"k": "1", "n": cell})["visits"] == value


@pytest.mark.parametrize(
    ("form", "cell"), [("point", "1,5"), ("comma", "1.5"), ("point", "seven"), ("point", "9" * 50)]
)
def test_a_number_written_otherwise_is_refused_and_never_guessed(form: str, cell: str) -> None:
    mapping = f"source: x\nid: k\ncolumns: {{n: {{to: visits, number: {form}}}}}"

    with pytest.raises(ValueError, match=f"in n is no number \\(written with a decimal {form}\\)"):
        read_row(mapping, {"k": "1", "n": cell})


DATED = 'source: x\nid: k\ndate: {column: d, format: "%d-%m-%Y"}\nsignal: visit'


def test_a_day_and_month_are_exchanged_only_where_the_mapping_says_so() -> None:
    american = DATED.replace("%d-%m", "%m-%d")
    third_of_february = int(datetime(2026, 2, 3, tzinfo=UTC).timestamp())
    second_of_march = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())

    assert read_row(DATED, {"k": "1", "d": "03-02-2026"})[0].occurred == third_of_february
    assert read_row(american, {"k": "1", "d": "03-02-2026"})[0].occurred == second_of_march


BAD_DATES = [
    ("2026-02-03", "is no date of the form %d-%m-%Y"),
    ("31-02-2026", "is no date of the form %d-%m-%Y"),
    ("03-02-2027", "lies in the future"),
    ("00-01-1900", "is no date"),
    ("01-01-1900", "lies before 2000"),
]


@pytest.mark.parametrize(("cell", "words"), BAD_DATES, ids=[cell for cell, _ in BAD_DATES])
def test_a_date_that_cannot_be_is_refused(cell: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_row(DATED, {"k": "1", "d": cell})


def test_a_row_without_a_date_happened_at_the_import_and_is_the_same_event_tomorrow() -> None:
    (today, visit) = read_row(DATED, {"k": "1", "d": ""})
    reading = fit_to_header(read_mapping(DATED), ("k", "d"), "leads.csv")
    (later, visit_later) = reading.arrivals(("1", ""), datetime(2026, 11, 24, tzinfo=UTC))

    assert today.occurred == visit.occurred == int(NOW.timestamp())
    assert (later.event, visit_later.event) == (today.event, visit.event)


def test_a_corrected_title_is_news_but_the_visit_happened_once() -> None:
    mapping = DATED + "\ncolumns: {t: title}"
    known, visit = read_row(mapping, {"k": "1", "d": "03-02-2026", "t": "VP Sales"})
    corrected, same_visit = read_row(mapping, {"k": "1", "d": "03-02-2026", "t": "VP Marketing"})

    assert corrected.event != known.event
    assert same_visit.event == visit.event


def test_an_address_learned_later_does_not_make_the_visit_happen_twice() -> None:
    mapping = DATED + "\nemail: e"
    before = read_row(mapping, {"k": "1", "d": "03-02-2026", "e": ""})[-1]
    after = read_row(mapping, {"k": "1", "d": "03-02-2026", "e": "ada@engines.example"})[-1]

    assert before.keys != after.keys
    assert before.event == after.event


def test_the_same_row_of_two_people_is_two_events() -> None:
    assert read_row(DATED, {"k": "1", "d": ""})[-1].event != read_row(DATED, {"k": "2", "d": ""})[-1].event


def test_a_wrong_address_and_an_empty_row_are_refused() -> None:
    mapping = "source: x\nemail: e\ncolumns: {t: title}"

    with pytest.raises(ValueError, match='"ada at engines" is no e-mail address'):
        read_row(mapping, {"e": "ada at engines", "t": "VP"})
    with pytest.raises(ValueError, match="Every cell that would be imported is empty"):
        read_row(mapping, {"e": "", "t": "Select"})


def test_all_mistakes_of_a_mapping_are_told_at_once_each_with_its_line() -> None:
    told = problems(
        """
sorce: hubspot
id: 17
date: {column: When, format: "%d-%m"}
signal: {colum: Did}
asset: [a]
delimiter: pipe
encoding: utf-7
columns:
  Role: title
  Job: title
  Mail: email
  Size: {to: employees, number: dot, split: ";"}
  Trial: {to: x, values: {"Yes": [1]}}
leaks: [Role]
"""
    )
    wanted = [
        (2, "sorce is not a key known here; the nearest is source."),
        (2, "The file lacks source; write source: the system's name, such as hubspot."),
        (2, '"Role" is read, and leaks or ignore leaves it out; keep one of them.'),
        (3, 'id must be a text, not 17; write id: "17".'),
        (4, "date.format must be a format with year, month and day"),
        (5, "signal.colum is not a key known here; the nearest is column."),
        (5, "signal lacks column"),
        (6, "asset must be a text"),
        (7, "delimiter must be comma, semicolon, tab"),
        (8, "encoding must be utf-8"),
        (11, 'columns.Job goes to title, where "Role" goes already; keep one of them.'),
        (12, "columns.Mail cannot go to email here; write email: … at the top of the file."),
        (13, "columns.Size is both a number and a list"),
        (13, "columns.Size.number must be point or comma"),
        (14, "columns.Trial.values.Yes must be a value"),
    ]
    for line, words in wanted:
        assert any(one.startswith(f"map.yaml:{line}: {words}") for one in told), (line, words, told)
    assert len(told) == len(wanted), told


WRONG = [
    ("source: x", "names no columns; write columns:"),
    ("source: a b\nid: k", "source must be a name of 1 to 60 letters"),
    ("source: x\nid: k\nasset: a", "asset stands without a signal"),
    (
        'source: x\nid: k\ndate: {column: d, format: "%Y-%m-%d", timezone: Berlin}',
        "timezone must be a time zone",
    ),
    ('source: x\nid: k\ndate: {column: d, format: "%Q"}', "must be a format with year, month and day"),
    ("source: x\nid: k\nunknown: [[a]]", "must be a cell as the file writes it"),
    ("- a", "must be a mapping"),
    ("source: [", "is not valid YAML"),
]


@pytest.mark.parametrize(("mapping", "words"), WRONG, ids=[words[:30] for _, words in WRONG])
def test_a_mistake_is_told_with_what_would_be_right(mapping: str, words: str) -> None:
    assert any(words in one for one in problems(mapping))


def test_a_column_the_file_does_not_have_is_named_with_the_nearest() -> None:
    mapping = read_mapping("source: x\nid: Prospect Id\ncolumns: {Rolle: title, A: x}")

    with pytest.raises(MappingError) as refused:
        fit_to_header(mapping, ("Prospect ID", "Role", "A", "A"), "leads.csv")

    assert refused.value.problems == (
        'leads.csv has no column "Prospect Id", which the mapping reads; the nearest is "Prospect ID".',
        'leads.csv has no column "Rolle", which the mapping reads; the nearest is "Role".',
        'leads.csv has 2 columns named "A"; rename all but the one to import.',
    )


def test_columns_nobody_speaks_of_are_named_once_and_leaks_are_not() -> None:
    header = (*ROW, "Colour", "", "Colour")

    assert fit_to_header(read_mapping(EVERYTHING), header, "leads.csv").ignored == ("Colour",)


def test_without_a_mapping_columns_are_taken_by_their_names_in_any_spelling() -> None:
    cells = {
        "E-Mail": "ada@engines.example",
        "First Name": "Ada",
        "last_name": "Lovelace",
        "JOB TITLE": "VP Marketing",
        "Company name": "Analytical Engines",
        "Employees": "1,200",
        "Country": "Great Britain",
        "Consent": "Yes",
        "Signal": "demo_request",
        "asset": "Enterprise demo",
        "Occurred At": "2026-11-22T09:12:00Z",
        "Favourite colour": "green",
    }
    reading = by_names(tuple(cells), "leads.csv", "leads")
    known, did = reading.arrivals(tuple(cells.values()), NOW)

    wanted = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "employees": 1200,
        "country": "GB",
        "consent": True,
    }
    assert wanted.items() <= known.facts.items()
    assert known.facts["company"] == "Analytical Engines"
    assert (did.signal, did.asset, did.source) == ("demo_request", "Enterprise demo", "csv")
    assert did.occurred == int(datetime(2026, 11, 22, 9, 12, tzinfo=UTC).timestamp())
    assert reading.ignored == ("Favourite colour",)


def test_without_a_mapping_the_same_id_in_two_files_is_not_one_person() -> None:
    def keys(name: str, email: str) -> tuple[str, ...]:
        return by_names(("id", "email"), name, name).arrivals(("1", email), NOW)[0].keys

    assert keys("hubspot", "") != keys("salesforce", "")
    assert keys("hubspot", "ada@engines.example") == ("email:ada@engines.example",)


def test_without_a_mapping_a_date_is_never_guessed() -> None:
    reading = by_names(("email", "occurred_at", "signal"), "leads.csv", "leads")

    with pytest.raises(ValueError, match=r'"03/02/2026" in occurred_at is no date of the form ISO 8601'):
        reading.arrivals(("ada@engines.example", "03/02/2026", "visit"), NOW)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (("a", "b"), "No column of leads.csv is named like a lead's"),
        (("email", "E-Mail"), r"leads.csv has 2 columns for email \(email, E-Mail\); keep one"),
    ],
)
def test_without_a_mapping_a_header_that_says_nothing_or_too_much_is_refused(
    header: tuple[str, ...], words: str
) -> None:
    with pytest.raises(MappingError, match=words):
        by_names(header, "leads.csv", "leads")


def test_the_mapping_printed_in_the_docs_is_correct() -> None:
    page = (MAPPINGS.parent / "importing.md").read_text(encoding="utf-8")

    assert read_mapping(page.split("```yaml\n")[1].split("```")[0]).source == "hubspot"


@pytest.mark.parametrize("name", ["olist_mql", "olist_deals", "xeducation"])
def test_the_mappings_in_the_docs_are_correct(name: str) -> None:
    path = MAPPINGS / f"{name}.yaml"

    assert read_mapping(path.read_text(encoding="utf-8"), path.name).columns
