"""users.list, users.info."""

from bot.playground.api.conversations import PAGE, page
from bot.playground.api.table import Request, method
from bot.playground.people import Payload


@method("users.list", optional=(*PAGE, "include_locale", "team_id"), scope="users:read")
def list_all(request: Request) -> Payload:
    """Everybody, deactivated people included, as Slack does; then the app's own user."""
    settings = request.settings
    everyone = [user.profile(settings.team_id) for user in request.workspace.users.values()]
    app = {"id": settings.app.user_id, "team_id": settings.team_id, "name": settings.app.name.lower()}
    everyone.append({**app, "real_name": settings.app.name, "is_bot": True, "deleted": False, "profile": {}})
    shown, cursor = page(request, everyone, 200)
    now = int(settings.clock())
    return {"members": shown, "cache_ts": now, "response_metadata": {"next_cursor": cursor}}


@method("users.info", required=("user",), optional=("include_locale",), scope="users:read")
def info(request: Request) -> Payload:
    """One person. Raises Refusal user_not_found."""
    return {"user": request.workspace.person(request.text("user")).profile(request.settings.team_id)}
