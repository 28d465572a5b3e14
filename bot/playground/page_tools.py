"""What stands beside the channels on the page: the embedding program's panels, the traffic, trouble on order."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from bot.playground.api import METHODS
from bot.playground.doors import Form, Panel, Table
from bot.playground.faults import KINDS, OF_LINKS, Fault, Faults
from bot.playground.gestures import NotThere
from bot.playground.people import Payload
from bot.playground.traffic import Exchange
from bot.playground.workspace import Workspace

PICTURES = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}
"""What a message shows; SVG is not among them, as in Slack."""

TROUBLES = {
    "ratelimited": "429 Too many requests, with Retry-After",
    "drop": "The answer is lost after it happened",
    "500_after": "500 after it happened",
    "500_before": "500 before anything happened",
    "latency": "It takes some seconds",
    "history_lag": "The history lags behind",
    "token_revoked": "The token is revoked (token_revoked)",
    "not_in_channel": "The app was removed (not_in_channel)",
    "is_archived": "The channel is archived (is_archived)",
    "internal_error": "Slack has an error of its own (internal_error)",
}
MOST_TIMES, MOST_SECONDS = 1_000, 60.0
LONGEST = 4_000
"""Characters of an answer that is no JSON."""


def described(panel: Panel) -> Payload:
    """A panel's name and forms; what it shows is asked for by itself."""
    forms = [
        {"title": form.title, "submit": form.submit, "fields": [asdict(one) for one in form.fields]}
        for form in panel.forms
    ]
    return {"name": panel.name, "about": panel.about, "forms": forms, "watched": panel.watch is not None}


def _panel(panels: Sequence[Panel], name: str) -> Panel:
    for panel in panels:
        if panel.name == name:
            return panel
    raise NotThere(f"no panel {name!r}")


def watched(panels: Sequence[Panel], name: str) -> Sequence[Table]:
    """The tables of a panel as they are now; none of one that is gone."""
    shown = next((panel for panel in panels if panel.name == name), None)
    return shown.watch() if shown is not None and shown.watch is not None else ()


def filled(panels: Sequence[Panel], name: str, title: str, values: Mapping[str, Any]) -> Payload:
    """Hand a form in. Raises NotThere where there is no such form."""
    form: Form | None = next((one for one in _panel(panels, name).forms if one.title == title), None)
    if form is None:
        raise NotThere(f"no form {title!r}")
    told = form.send({field.name: str(values.get(field.name) or "") for field in form.fields})
    return {
        "sentences": list(told.sentences),
        "tables": [asdict(table) for table in told.tables],
        "errors": dict(told.errors),
    }


def traffic(workspace: Workspace, faults: Faults, after: int, complaints: Sequence[str]) -> Payload:
    """The exchanges since *after*, with how near they came to the limits, and the newest of *complaints*."""
    with workspace.lock:
        waiting = [asdict(fault) for fault in faults.waiting]
    return {
        "exchanges": [_written(one) for one in workspace.traffic.after(after)],
        "run": workspace.run,
        "complaints": list(complaints)[-20:],
        "waiting": waiting,
        "methods": ["*", "response_url", *sorted(METHODS)],
        "kinds": TROUBLES,
    }


def _written(one: Exchange) -> Payload:
    return {
        "n": one.n, "at": one.at, "way": one.way, "name": one.name, "error": one.error,
        "took": round(one.took * 1_000, 1), "sent": one.sent, "answered": _read(one.answered),
        "measures": [asdict(each) for each in one.measures()],
    }  # fmt: skip


def _read(answered: Any) -> Any:
    """An answer as JSON where it is JSON."""
    if not isinstance(answered, str):
        return answered
    try:
        return json.loads(answered) if answered.strip() else {}
    except ValueError:
        return answered[:LONGEST]


def order(faults: Faults, asked: Mapping[str, Any]) -> Payload:
    """Order trouble for the next calls. Raises ValueError for a kind or a number the page does not offer."""
    kind, method = str(asked["kind"]), str(asked["method"])
    times, seconds = int(asked["times"]), float(asked["seconds"])
    if kind not in TROUBLES or (method not in METHODS and method not in ("*", "response_url")):
        raise ValueError(f"no trouble {kind!r} of {method!r}")
    if method == "response_url" and kind not in OF_LINKS:
        raise ValueError(f"a response_url cannot have {kind!r}")
    if not 1 <= times <= MOST_TIMES or not 0 <= seconds <= MOST_SECONDS:
        raise ValueError(f"1 to {MOST_TIMES} times, 0 to {MOST_SECONDS:.0f} seconds")
    faults.waiting.append(Fault(method, kind, times, None, seconds))
    which = "" if method == "*" else f" of {method}"
    told = f"call{which} is struck" if times == 1 else f"{times} calls{which} are struck"
    words = TROUBLES[kind] if kind in KINDS else kind
    return {"said": f"The next {told}: {words}."}


def file(workspace: Workspace, name: str) -> Response | None:
    """An uploaded file, or None where there is none."""
    with workspace.lock:
        kept = workspace.files.get(name)
    if kept is None or kept["content"] is None:
        return None
    kind = PICTURES.get(str(kept["name"]).rpartition(".")[2].lower())
    headers = {
        "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }  # fmt: skip
    if kind is None:
        headers["Content-Disposition"] = "attachment"
    return Response(kept["content"], media_type=kind or "application/octet-stream", headers=headers)
