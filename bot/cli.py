"""The `baton` command. Exit codes: 0 it worked, 1 it failed (and says why), 2 it was used wrongly."""

import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError

from bot import checkup, demo, records, serving, starting, terminal
from bot.clock import Clock
from bot.desk import audit, govern, health, privacy, report
from bot.desk.delivery import clock_of
from bot.desk.desk import Desk, StorageError, open_database, upgrade_database
from bot.desk.report import Explained
from bot.files import FilesUnreadable, files_of
from bot.intake.csvfile import FileRefused
from bot.intake.importing import Imported, Terms, import_file
from bot.intake.mapping import FileMapping, read_mapping
from bot.manifest import manifest as app_manifest
from bot.settings import Settings, SettingsError, read_settings
from scoring.contractfile import ContractError
from scoring.presets import preset_names
from scoring.stages import Refused

app = typer.Typer(
    name="baton",
    help="Hands marketing's leads to sales in Slack, on one written definition both sides sign.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
db = typer.Typer(help="The database's schema.", no_args_is_help=True)
app.add_typer(db, name="db")
audit_ = typer.Typer(help="The log of the hand-offs and its anchors.", no_args_is_help=True)
app.add_typer(audit_, name="audit")

PORT_TROUBLE = (errno.EADDRINUSE, errno.EADDRNOTAVAIL)
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def told() -> Iterator[None]:
    """Say in sentences what went wrong and exit 1; anything unforeseen keeps its traceback."""
    try:
        yield
    except (SettingsError, ContractError) as wrong:
        _fail(*wrong.problems)
    except (
        StorageError,
        Refused,
        FilesUnreadable,
        FileRefused,
        starting.InTheWay,
        demo.StoryBroken,
    ) as known:
        _fail(str(known))
    except OSError as denied:
        _fail_on_machine(denied)
    except SQLAlchemyError as broken:
        _fail(f"The database does not answer ({health.why(broken)}). Check DATABASE_URL.")


def _fail_on_machine(denied: OSError) -> None:
    """A port that is taken or a file that may not be written; anything else keeps its traceback."""
    if denied.errno in PORT_TROUBLE:
        why = os.strerror(denied.errno)
        _fail(f"A port cannot be used ({why}). Set BATON_PORT and BATON_PLAYGROUND_PORT to free ones.")
    if denied.filename is None:
        raise denied
    _fail(f"{denied.filename} cannot be used ({denied.strerror}).")


def _fail(*sentences: str) -> None:
    for sentence in sentences:
        err.print(sentence, markup=False)
    raise typer.Exit(1)


@app.command()
def init(
    preset: Annotated[
        str, typer.Option(help=f"The definition to start from: {', '.join(preset_names())}.")
    ] = "default",
    live: Annotated[
        bool | None,
        typer.Option("--live/--shadow", help="Send cards at once, or only count would-be MQLs at first."),
    ] = None,
) -> None:
    """Write working samples of the two files and a .env into this folder."""
    if preset not in preset_names():
        raise typer.BadParameter(f"There is no preset {preset}; choose one of {', '.join(preset_names())}.")
    if live is None:
        live = sys.stdin.isatty() and typer.confirm(
            "Send cards at once? (No: a shadow start that only counts)", default=False
        )
    with told():
        for path in starting.write_samples(Path.cwd(), preset=preset, live=live):
            out.print(f"Wrote {path.name}", markup=False)
    out.print(
        "Next: put your channels and people into team.yaml, create the Slack app with baton manifest, paste its "
        "token and signing secret into .env, then run baton check.",
        markup=False,
    )


@app.command()
def check(as_json: Json = False) -> None:
    """Look at settings, files, database and Slack, and list every problem."""
    with told():
        found = checkup.check_up(read_settings())
    if as_json:
        print(json.dumps({"good": found.good, "warnings": found.warnings, "problems": found.problems}))
    else:
        for mark, sentences in (("✓", found.good), ("!", found.warnings), ("✗", found.problems)):
            for sentence in sentences:
                out.print(f"{mark} {sentence}", markup=False)
    if not found.passed:
        raise typer.Exit(1)


@app.command()
def serve(
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Send no cards, whatever the team file says.")
    ] = False,
) -> None:
    """Take in leads, answer Slack, keep the clocks."""
    with told():
        serving.serve(read_settings(), shadow=shadow, say=lambda sentence: err.print(sentence, markup=False))


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file.")],
    mapping: Annotated[
        Path | None, typer.Option(help="Which column is what; without it, by the columns' names.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="The rows are news: they may become hand-offs and cards.")
    ] = False,
    rejects: Annotated[Path | None, typer.Option(help="Where rows that are wrong go.")] = None,
    as_json: Json = False,
) -> None:
    """Read leads from a CSV file: recorded and scored as history, unless --live."""
    with told():
        settings = read_settings()
        told_by = _mapping(mapping)
        with _desk(settings, "write") as desk:
            govern.first_start(desk, files_of(settings))
            with _progress(hidden=as_json) as bar:
                task = bar.add_task(file.name, total=None)
                terms = Terms(
                    live=live,
                    rejects_path=rejects or Path(f"rejects-{file.stem}.csv"),
                    progress=lambda done, total: bar.update(task, completed=done, total=total),
                )
                done = import_file(desk, file, told_by, terms)
    _print_import(done, live=live, as_json=as_json)


def _mapping(path: Path | None) -> FileMapping | None:
    if path is None:
        return None
    try:
        return read_mapping(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as denied:
        raise FilesUnreadable(f"{path} cannot be read ({type(denied).__name__}). Check the path.") from denied


def _progress(*, hidden: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, disable=hidden, transient=False)


def _print_import(done: Imported, *, live: bool, as_json: bool) -> None:
    counts = {"read": done.read, "added": done.added, "updated": done.updated, "rejected": done.rejected}
    if not as_json:
        out.print(
            f"{done.read} rows read: {done.added} new leads, {done.updated} updated, {done.rejected} rejected, "
            f"{done.duplicates} known already."
        )
        if live:
            out.print(f"{done.handoffs} became hand-offs; baton serve posts their cards.")
        if done.rejects_path is not None:
            out.print(f"Rejected rows and why: {done.rejects_path}", markup=False)
        for name, count in sorted(done.unknown.items()):
            out.print(f"Signal {name} is not in the definition: {count} kept, worth 0.", markup=False)
        if done.ignored_columns:
            out.print(f"Columns not taken: {', '.join(done.ignored_columns)}", markup=False)
        for note in done.notes:
            out.print(note, markup=False)
    else:
        print(json.dumps(counts))


@app.command()
def score(email: Annotated[str, typer.Argument(help="The lead's address.")], as_json: Json = False) -> None:
    """Print a lead's score, row by row."""
    found = _explained(email)
    if as_json:
        print(json.dumps(terminal.explained(found), ensure_ascii=False))
        return
    out.print(terminal.headline(found))
    out.print(terminal.receipt_table(found))
    for sentence in (*found.verdict.sentences, *terminal.missing(found)):
        out.print(sentence, markup=False)


@app.command()
def route(email: Annotated[str, typer.Argument(help="The lead's address.")], as_json: Json = False) -> None:
    """Print which segment, channel and person a lead would go to, and why."""
    found = _explained(email)
    path = terminal.routed(found)
    if as_json:
        print(json.dumps(path, ensure_ascii=False))
        return
    names = ", ".join(person["name"] for person in path["pool"]) or "nobody"
    out.print(f"{path['segment']} → {path['channel']}, pool: {names}", markup=False)
    if path["tier"]:
        out.print(f"Tier {path['tier']}", markup=False)
    for sentence in path["why"]:
        out.print(f"Not {sentence}", markup=False)
    for line in terminal.next_lines(found):
        out.print(line, markup=False)


def _explained(email: str) -> Explained:
    with told(), _desk(read_settings(), "read") as desk:
        return report.explain(desk, email)
    raise AssertionError("told() either lets a value through or exits")


@contextmanager
def _desk(settings: Settings, purpose: Any) -> Iterator[Desk]:
    database = open_database(settings.database_url, purpose)
    try:
        secret = settings.baton_secret.get_secret_value().encode()
        clock = clock_of(database, Clock())
        yield Desk(database, clock, webhooks=bool(settings.baton_webhook_url), secret=secret)
    finally:
        database.close()


@db.command()
def upgrade() -> None:
    """Bring the database's schema up to this version; make a backup first."""
    with told():
        before, after = upgrade_database(read_settings().database_url)
    if before == after:
        out.print(f"The schema is at {after} already.")
    else:
        out.print(
            f"The schema is at {after}; " + (f"it was at {before}." if before else "the database was empty.")
        )


@app.command()
def export(
    email: Annotated[str, typer.Argument(help="The person's address.")], as_json: Json = False
) -> None:
    """Print everything Baton holds about a person, as JSON; with --json on one line."""
    with told(), _desk(read_settings(), "read") as desk:
        found = privacy.held(desk, email)
    print(json.dumps(found, ensure_ascii=False, indent=None if as_json else 2))


@app.command()
def erase(
    email: Annotated[str, typer.Argument(help="The person's address.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase what Baton holds about a person; figures stay."""
    with told(), _desk(read_settings(), "write") as desk:
        privacy.held(desk, email)
        if not yes:
            typer.confirm(f"Erase {email}? Nobody can undo this.", abort=True, err=True)
        done = privacy.erase(desk, email)
        serving_now = not desk.database.sqlite
    for line in records.erased_lines(done, serving_now=serving_now):
        out.print(line, markup=False)


@audit_.command()
def verify(
    kept: Annotated[
        str | None, typer.Option(help="An anchor's digest that you kept: it must still be there.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Look whether anybody changed, deleted, reordered or cut off what was logged."""
    with told(), _desk(read_settings(), "read") as desk:
        found = audit.verify(desk, kept)
    if as_json:
        print(json.dumps(records.audited(found), ensure_ascii=False))
    else:
        for line in records.audit_lines(found):
            out.print(line, markup=False)
    if found.found:
        raise typer.Exit(1)


@app.command()
def manifest(
    socket_mode: Annotated[
        bool, typer.Option("--socket", help="For Socket Mode: no URL of yours is needed.")
    ] = False,
) -> None:
    """Print the manifest of the Slack app to create."""
    with told():
        settings = read_settings()
    socket = socket_mode or bool(settings.slack_app_token.get_secret_value())
    if not socket and urlsplit(settings.public_url).hostname in ("127.0.0.1", "localhost", "0.0.0.0"):
        err.print(
            f"Slack cannot reach {settings.public_url}. Set BATON_PUBLIC_URL to Baton's address on the internet, or "
            "use baton manifest --socket.",
            markup=False,
        )
    print(json.dumps(app_manifest(settings.public_url, socket_mode=socket), indent=2))


@app.command(name="demo")
def demo_(
    story: Annotated[
        bool, typer.Option("--story", help="Play the story in this terminal, without a page.")
    ] = False,
) -> None:
    """See Baton work on this machine: a small Slack, sample leads, nothing to set up."""
    with told():
        settings = read_settings()
        if story:
            demo.play_story(settings, lambda line: print(line, flush=True))
        else:
            demo.stage(settings, lambda line: print(line, flush=True))


@app.command()
def playground(
    manifest: Annotated[
        Path | None, typer.Option("--manifest", help="Another app's manifest; without it, Baton's.")
    ] = None,
) -> None:
    """Serve the small Slack alone, for a `baton serve` or another app that SLACK_API_URL points to it."""
    with told():
        demo.playground(read_settings(), manifest, lambda line: print(line, flush=True))


def main() -> None:
    """Run the program."""
    app()
