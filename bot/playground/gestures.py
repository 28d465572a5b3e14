"""What a person does in Slack: press, choose, write a command, open Home."""

import json
from dataclasses import dataclass
from typing import Any

from bot.playground.answers import show_answer
from bot.playground.delivery import Answer, Delivery
from bot.playground.inputs import INPUTS, chosen, elements_in, option_with, options_of, state_values
from bot.playground.messages import Message
from bot.playground.modals import top, wire
from bot.playground.people import Channel, Payload, User
from bot.playground.tickets import Link
from bot.playground.views import View
from bot.playground.workspace import Workspace


class NotThere(AssertionError):
    """The person cannot do this: nothing of the kind is displayed to them."""


class NoCommand(NotThere):
    """A slash command nobody has entered."""

    def __init__(self, name: str) -> None:
        super().__init__(f'{name} is not a valid command. Messages that start with "/" are read as commands.')


@dataclass(frozen=True)
class Where:
    """Narrows a press down: `value` tells buttons of one action_id apart; the page names the block too.

    `home`: on Home alone. `stale`: the message may have been redrawn since the person's client showed it, as it
    happens in Slack.
    """

    channel: str | None = None
    ts: str | None = None
    block: str | None = None
    value: str | None = None
    stale: bool = False
    home: bool = False


@dataclass(frozen=True)
class Spot:
    """A displayed element, and the message or view it stands in."""

    block: Payload
    element: Payload
    surface: Message | View


@dataclass
class Gestures:
    """Each method finds what is displayed, sends the payload Slack would send, and shows the answer."""

    workspace: Workspace
    delivery: Delivery

    def press(self, user: str, action_id: str, where: Where, option: Any = None) -> Answer:
        """Press a button or choose *option* of a menu. Raises NotThere."""
        with self.workspace.lock:
            spot = self._find(user, action_id, where, option)
            payload = self._press_payload(self._here(user), spot, option)
            self.workspace.touch()
        answer = self.delivery.send("interactive", payload)
        if answer.text and not answer.error and answer.text != "{}":
            self.workspace.complain(f"{action_id}: Slack ignores the body of an answer to block_actions")
        return answer

    def command(self, user: str, command: str, text: str = "", channel: str | None = None) -> Answer:
        """Write a slash command in *channel* (by default the first one the person is in)."""
        with self.workspace.lock:
            person = self._here(user)
            known = [each.name for each in self.workspace.settings.commands]
            if known and command not in known:
                raise NoCommand(command)
            room = self._room(person, channel)
            link = self._link(
                Link(self.workspace.next_id("L"), user, room.id, self.workspace.settings.waits())
            )
            payload = self._command_payload(person, room, (command, text), link)
        answer = self.delivery.send("slash_commands", payload)
        show_answer(self.workspace, answer, (command, user, room.id))
        return answer

    def write(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Write a message, *text* as Slack keeps it; the app hears of it where it asked to and reads that channel.

        Raises:
            NotThere: the person cannot write there.
        """
        with self.workspace.lock:
            room = self._room(self._here(user), channel)
            thread = self.workspace.parent(channel, thread_ts).ts if thread_ts else None
            message = self.workspace.add(Message(channel, "", user, text, thread_ts=thread))
        if room.app_is_member:
            self._tell(room, message)
        return message

    def _tell(self, room: Channel, message: Message) -> None:
        """Source: https://docs.slack.dev/reference/events/message and /app_mention."""
        settings = self.workspace.settings
        kind = "im" if room.id.startswith("D") else "group" if room.private else "channel"
        fields: Payload = {"channel": room.id, "user": message.user, "text": message.text, "ts": message.ts}
        if message.thread_ts:
            fields["thread_ts"] = message.thread_ts
        if f"message.{kind}{'' if kind == 'im' else 's'}" in settings.events:
            self.event("message", {**fields, "channel_type": kind})
        if "app_mention" in settings.events and f"<@{settings.app.user_id}>" in message.text:
            self.event("app_mention", fields)

    def shortcut(
        self, user: str, callback_id: str, channel: str | None = None, ts: str | None = None
    ) -> Answer:
        """Choose a shortcut: of a message where *channel* and *ts* are given, else a global one."""
        with self.workspace.lock:
            person = self._here(user)
            payload = self._from(person, "shortcut") | {"callback_id": callback_id, "action_ts": self._now()}
            payload["trigger_id"] = self.workspace.tickets.trigger(user)
            if channel and ts:
                message = next(
                    (one for one in self.visible(user) if (one.channel, one.ts) == (channel, ts)), None
                )
                if message is None:
                    raise NotThere(f"{user} sees no message {ts} in {channel}")
                payload |= self._message_context(person, message) | {
                    "type": "message_action",
                    "message_ts": ts,
                }
        return self.delivery.send("interactive", payload)

    def open_home(self, user: str) -> Answer:
        """Open the app's Home tab; the app hears of it where it asked to."""
        if "app_home_opened" not in self.workspace.settings.events:
            return Answer(200)
        with self.workspace.lock:
            self._here(user)
            home = self.workspace.homes.get(user)
            fields: Payload = {"user": user, "channel": self.workspace.dm(user).id, "tab": "home"}
            if home:
                fields["view"] = wire(self.workspace, home)
        return self.event("app_home_opened", fields)

    def event(
        self, kind: str, fields: Payload, *, retry: tuple[int, str] | None = None, id: str = ""
    ) -> Answer:
        """Send an event_callback; *retry* is (number, reason) of a repeated one, which keeps its *id*."""
        settings = self.workspace.settings
        bot = {"team_id": settings.team_id, "user_id": settings.app.user_id, "is_bot": True}
        payload: Payload = {
            "token": "verification-token", "team_id": settings.team_id, "api_app_id": settings.app.app_id,
            "event": {"type": kind, **fields, "event_ts": self._now()},
            "type": "event_callback", "event_id": id or self.workspace.next_id("Ev"),
            "event_time": int(settings.clock()), "is_ext_shared_channel": False,
            "authorizations": [{"enterprise_id": None, **bot, "is_enterprise_install": False}],
        }  # fmt: skip
        return self.delivery.send("events_api", payload, retry)

    def visible(self, user: str) -> list[Message]:
        """Every message *user* could see, whispers to them included, newest first."""
        seen = [
            message
            for channel in self.workspace.channels.values()
            if channel.has(user)
            for message in self.workspace.messages.get(channel.id, [])
        ]
        seen += [message for message in self.workspace.whispers if message.whisper_to == user]
        return sorted(seen, key=lambda message: message.ts, reverse=True)

    # -- finding ------------------------------------------------------------------------------

    def _here(self, user: str) -> User:
        person = self.workspace.users.get(user)
        if person is None or person.deleted:
            raise NotThere(f"{user} is not in this workspace")
        return person

    def _room(self, person: User, channel: str | None) -> Channel:
        rooms = [
            room for room in self.workspace.channels.values() if room.has(person.id) and not room.archived
        ]
        for room in rooms:
            if channel in (None, room.id):
                return room
        raise NotThere(f"{person.id} cannot write in {channel}")

    def _find(self, user: str, action_id: str, where: Where, option: Any = None) -> Spot:
        """What *user* means; of several menus alike the one that has the *option*."""
        surfaces: list[Message | View] = []
        if where.channel is None and where.ts is None and not where.home:
            surfaces += [view for view in (top(self.workspace, user),) if view]
        surfaces += [
            message
            for message in self.visible(user)
            if where.channel in (None, message.channel) and where.ts in (None, message.ts) and not where.home
        ]
        if where.channel is None and where.ts is None and user in self.workspace.homes:
            surfaces.append(self.workspace.homes[user])
        drawn = [(surface, surface.blocks) for surface in surfaces]
        if where.stale:
            drawn += [(one, old) for one in surfaces if isinstance(one, Message) for old in one.redrawn]
        found = [
            Spot(block, element, surface)
            for surface, blocks in drawn
            for block, element in elements_in(blocks)
            if element["action_id"] == action_id and where.block in (None, block["block_id"])
            if where.value in (None, element.get("value"))
        ]
        for spot in found:
            if option is None or any(each["value"] == option for each in options_of(spot.element)):
                return spot
        if found:
            return found[0]
        raise NotThere(f"{action_id!r} is not displayed to {user} in {where}")

    # -- payloads -----------------------------------------------------------------------------

    def _press_payload(self, person: User, spot: Spot, option: Any) -> Payload:
        key = (spot.block["block_id"], spot.element["action_id"])
        action = self._action(spot, option)
        payload = self._from(person, "block_actions")
        if isinstance(spot.surface, View):
            if spot.element["type"] in INPUTS:
                spot.surface.fill(*key, option)
            payload |= {
                "container": {"type": "view", "view_id": spot.surface.id},
                "trigger_id": self.workspace.tickets.trigger(person.id, spot.surface.id),
                "view": wire(self.workspace, spot.surface),
            }
        else:
            message = spot.surface
            if spot.element["type"] in INPUTS:
                message.filled[person.id, *key] = option
            filled = {at[1:]: value for at, value in message.filled.items() if at[0] == person.id}
            payload |= self._message_context(person, message) | {
                "trigger_id": self.workspace.tickets.trigger(person.id),
                "state": {
                    "values": state_values(message.blocks, {(a, b): v for (a, b), v in filled.items()})
                },
            }
        return payload | {"actions": [action]}

    def _action(self, spot: Spot, option: Any) -> Payload:
        element = spot.element
        action: Payload = {"type": element["type"], "action_id": element["action_id"]}
        action |= {"block_id": spot.block["block_id"], "action_ts": self._now()}
        try:
            if element["type"] == "button":
                action["text"] = element["text"]
                action |= {key: element[key] for key in ("value", "style", "url") if key in element}
            elif element["type"] == "overflow":
                action["selected_option"] = option_with(element, option)
            else:
                action[INPUTS[element["type"]][0]] = chosen(element, option)
        except LookupError as refusal:
            raise NotThere(str(refusal)) from refusal
        return action

    def _from(self, person: User, kind: str) -> Payload:
        settings = self.workspace.settings
        team = person.team_id or settings.team_id
        handle = person.profile(settings.team_id)["name"]
        return {
            "type": kind, "team": {"id": team, "domain": team.lower()}, "enterprise": None,
            "user": {"id": person.id, "username": handle, "name": handle, "team_id": team},
            "api_app_id": settings.app.app_id, "token": "verification-token", "is_enterprise_install": False,
        }  # fmt: skip

    def _message_context(self, person: User, message: Message) -> Payload:
        now = self.workspace.settings.waits()
        link = Link(
            self.workspace.next_id("L"), person.id, message.channel, now, message.ts, message.thread_ts
        )
        container: Payload = {
            "type": "message", "message_ts": message.ts, "channel_id": message.channel,
            "is_ephemeral": bool(message.whisper_to),
        }  # fmt: skip
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        room = self.workspace.channels[message.channel]
        name = "directmessage" if room.id.startswith("D") else room.name
        context: Payload = {"container": container, "channel": {"id": room.id, "name": name}}
        context["response_url"] = self._link(link)
        if not message.whisper_to:  # Slack does not send an ephemeral message back to the app
            context["message"] = json.loads(json.dumps(self._wired(message)))
        return context

    def _wired(self, message: Message) -> Payload:
        return message.wire(self.workspace.settings.app, self.workspace.settings.team_id)

    def _command_payload(self, person: User, room: Channel, said: tuple[str, str], link: str) -> Payload:
        settings = self.workspace.settings
        team = person.team_id or settings.team_id
        return {
            "token": "verification-token", "team_id": team, "team_domain": team.lower(),
            "channel_id": room.id, "channel_name": "directmessage" if room.id.startswith("D") else room.name,
            "user_id": person.id, "user_name": person.profile(settings.team_id)["name"],
            "command": said[0], "text": said[1], "api_app_id": settings.app.app_id,
            "is_enterprise_install": "false", "response_url": link,
            "trigger_id": self.workspace.tickets.trigger(person.id),
        }  # fmt: skip

    def _link(self, link: Link) -> str:
        return f"{self.workspace.base}/response/{self.workspace.tickets.link(link)}"

    def _now(self) -> str:
        return f"{self.workspace.settings.clock():.6f}"
