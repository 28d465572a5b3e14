"""auth.test, api.test, apps.connections.open, blocks.validate."""

from bot.playground.api.table import Request, method
from bot.playground.blocks import check_blocks
from bot.playground.checks import Faults
from bot.playground.letters import checked_message
from bot.playground.people import Payload
from bot.playground.settings import Refusal
from bot.playground.view_rules import view_faults


@method("api.test", optional=("error", "foo"))
def api_test(request: Request) -> Payload:
    return {"args": request.arguments}


@method("auth.test")
def auth_test(request: Request) -> Payload:
    settings = request.settings
    return {
        "url": request.workspace.base + "/", "team": "Playground", "user": settings.app.name.lower(),
        "team_id": settings.team_id, "user_id": settings.app.user_id, "bot_id": settings.app.bot_id,
        "is_enterprise_install": False,
    }  # fmt: skip


@method("apps.connections.open", token="app")
def connections_open(request: Request) -> Payload:
    base = request.workspace.base.replace("http://", "ws://")
    return {"url": f"{base}/socket/?ticket={request.sockets.ticket()}&app_id={request.settings.app.app_id}"}


@method("blocks.validate", optional=("blocks", "message", "view"))
def blocks_validate(request: Request) -> Payload:
    """Exactly one of blocks, message, view; errors with pointer, code and message.

    Source: https://docs.slack.dev/reference/methods/blocks.validate.
    """
    given = [name for name in ("blocks", "message", "view") if name in request.arguments]
    if len(given) != 1:
        raise Refusal("invalid_arguments", ["[ERROR] provide exactly one of blocks, message, view"])
    name, value = given[0], request.arguments[given[0]]
    faults = Faults()
    if name == "view":
        kind = value.get("type") if isinstance(value, dict) else None
        faults.extend(view_faults(value, "home" if kind == "home" else "modal"))
    elif name == "blocks":
        check_blocks(value, "message", "/blocks", faults)
    else:
        try:
            checked_message(value if isinstance(value, dict) else {})
        except Refusal as refusal:
            faults.extend(refusal.messages or [f"{refusal.error} [json-pointer:/message]"])
    if not faults:
        return {}
    answer = Refusal(f"invalid_{name}", list(faults))
    answer.details = [detail(fault) for fault in faults]
    answer.expected = True  # asking is no fault
    raise answer


def detail(fault: str) -> Payload:
    """A fault as the method's `errors` list it."""
    sentence, _, pointer = fault.removeprefix("[ERROR] ").removesuffix("]").rpartition(" [json-pointer:")
    return {"pointer": pointer, "code": "failed_constraint", "message": sentence}
