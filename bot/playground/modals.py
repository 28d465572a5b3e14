"""The stack of modals in front of each person, and their Home."""

from bot.playground.people import Payload
from bot.playground.settings import Refusal
from bot.playground.tickets import Trigger
from bot.playground.view_rules import checked_view
from bot.playground.views import STACK, View
from bot.playground.workspace import Workspace


def wire(workspace: Workspace, view: View) -> Payload:
    """The view as the app gets it."""
    app = workspace.settings.app
    return view.wire(app.app_id, app.bot_id, workspace.settings.team_id)


def top(workspace: Workspace, user: str) -> View | None:
    """The modal *user* sees now."""
    stack = workspace.modals.get(user)
    return stack[-1] if stack else None


def new_view(workspace: Workspace, user: str, asked: object, kind: str) -> View:
    """A checked view of *kind* ("modal" or "home") that nobody sees yet. Raises Refusal."""
    checked = checked_view(asked, kind)
    external = checked.get("external_id")
    if external and any(view.asked.get("external_id") == external for view in everything_open(workspace)):
        raise Refusal("duplicate_external_id")
    view = View(workspace.next_id("V"), user, checked)
    view.replace(checked, workspace.settings.clock())
    return view


def everything_open(workspace: Workspace) -> list[View]:
    return [view for stack in workspace.modals.values() for view in stack] + list(workspace.homes.values())


def open_first(workspace: Workspace, trigger: Trigger, asked: object) -> View:
    """views.open: the first of a stack; an older stack of that person goes away."""
    view = new_view(workspace, trigger.user, asked, "modal")
    workspace.modals[trigger.user] = [view]
    workspace.touch()
    return view


def push(workspace: Workspace, user: str, asked: object) -> View:
    """views.push and `response_action: push`. Raises Refusal: not_found, push_limit_reached."""
    stack = workspace.modals.get(user) or []
    if not stack:
        raise Refusal("not_found")
    if len(stack) >= STACK:
        raise Refusal("push_limit_reached")
    view = new_view(workspace, user, asked, "modal")
    view.previous, view.root = stack[-1].id, stack[0].id
    stack.append(view)
    workspace.touch()
    return view


def update(workspace: Workspace, arguments: Payload) -> View:
    """views.update by view_id or external_id. Raises Refusal: not_found, hash_conflict."""
    wanted, external = arguments.get("view_id"), arguments.get("external_id")
    if not wanted and not external:
        raise Refusal(
            "invalid_arguments", ["[ERROR] view_id or external_id is required [json-pointer:/view_id]"]
        )
    for view in everything_open(workspace):
        if view.id == wanted or (external and view.asked.get("external_id") == external):
            if arguments.get("hash") not in (None, "", view.hash):
                raise Refusal("hash_conflict")
            view.replace(checked_view(arguments["view"], view.asked["type"]), workspace.settings.clock())
            workspace.touch()
            return view
    raise Refusal("not_found")


def publish(workspace: Workspace, user: str, arguments: Payload) -> View:
    """views.publish: the Home of *user*. Raises Refusal hash_conflict."""
    shown = workspace.homes.get(user)
    if shown and arguments.get("hash") not in (None, "", shown.hash):
        raise Refusal("hash_conflict")
    if shown:
        shown.replace(checked_view(arguments["view"], "home"), workspace.settings.clock())
    else:
        workspace.homes[user] = shown = new_view(workspace, user, arguments["view"], "home")
    workspace.touch()
    return shown
