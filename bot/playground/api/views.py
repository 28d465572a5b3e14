"""views.*: open, push, update, publish."""

from bot.playground.api.table import Request, method
from bot.playground.modals import open_first, publish, push, update, wire
from bot.playground.people import Payload
from bot.playground.settings import Refusal

TRIGGER = ("trigger_id", "interactivity_pointer")


@method("views.open", required=("view", "trigger_id"), optional=TRIGGER)
def views_open(request: Request) -> Payload:
    workspace = request.workspace
    trigger = workspace.tickets.exchange(request.arguments["trigger_id"])
    return {"view": wire(workspace, open_first(workspace, trigger, request.arguments["view"]))}


@method("views.push", required=("view", "trigger_id"), optional=TRIGGER)
def views_push(request: Request) -> Payload:
    workspace = request.workspace
    trigger = workspace.tickets.exchange(request.arguments["trigger_id"])
    if trigger.view is None:
        raise Refusal("not_found", ["[ERROR] the trigger does not come from a modal"])
    return {"view": wire(workspace, push(workspace, trigger.user, request.arguments["view"]))}


@method("views.update", required=("view",), optional=("view_id", "external_id", "hash"))
def views_update(request: Request) -> Payload:
    return {"view": wire(request.workspace, update(request.workspace, request.arguments))}


@method("views.publish", required=("view", "user_id"), optional=("hash",))
def views_publish(request: Request) -> Payload:
    user = request.text("user_id")
    person = request.workspace.users.get(user)
    if person is None or person.deleted:
        raise Refusal("invalid_arguments", ["[ERROR] invalid user_id [json-pointer:/user_id]"])
    return {"view": wire(request.workspace, publish(request.workspace, user, request.arguments))}
