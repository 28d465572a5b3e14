"""`baton manifest`: the Slack app to create, with the scopes, events and command that Baton uses."""

from typing import Any

from bot.slack.listeners.shortcuts import SHORTCUTS

SCOPES = [
    "chat:write", "commands", "users:read", "channels:history", "groups:history", "im:history", "im:write",
    "channels:read", "groups:read",
]  # fmt: skip
"""What each is for: docs/slack-app.md."""


def manifest(public_url: str, *, socket_mode: bool) -> dict[str, Any]:
    """The manifest; over Socket Mode no URL of ours is named. Source: docs.slack.dev, "App manifests"."""
    url = {} if socket_mode else {"url": f"{public_url}/slack/events"}
    request_url = {} if socket_mode else {"request_url": f"{public_url}/slack/events"}
    return {
        "display_information": {
            "name": "Baton",
            "description": "Hands marketing's leads to sales, on one written definition.",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Baton", "always_online": True},
            "slash_commands": [
                {
                    "command": "/mql",
                    "description": "Leads, scores and the funnel",
                    "usage_hint": "queue | lead EMAIL | why EMAIL | add | handoff EMAIL | funnel [DAYS] | team",
                    "should_escape": False,
                    **url,
                }
            ],
            "shortcuts": [
                {"name": each.name, "type": "message", "callback_id": callback_id, "description": each.says}
                for callback_id, each in SHORTCUTS.items()
            ],
        },
        "oauth_config": {"scopes": {"bot": SCOPES}},
        "settings": {
            "event_subscriptions": {**request_url, "bot_events": ["app_home_opened", "user_change"]},
            "interactivity": {"is_enabled": True, **request_url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket_mode,
        },
    }
