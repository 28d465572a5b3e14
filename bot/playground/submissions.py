"""Sending and closing a modal, and what the app's answer does to the stack."""

import json
from dataclasses import dataclass
from typing import Any

from bot.playground.delivery import Answer, Delivery
from bot.playground.gestures import NotThere
from bot.playground.inputs import INPUTS, chosen, elements_in, unmet
from bot.playground.modals import push, top, wire
from bot.playground.people import Payload
from bot.playground.settings import Refusal
from bot.playground.view_rules import checked_view
from bot.playground.views import View
from bot.playground.workspace import Workspace

TROUBLE = "We had some trouble connecting. Try again?"
"""What Slack's client shows over a modal whose submission was not answered well."""


@dataclass
class Submissions:
    """The two ways out of a modal."""

    workspace: Workspace
    delivery: Delivery

    def submit(self, user: str, values: dict[str, Any]) -> Answer:
        """Fill in *values* (block id -> text, option value, list of them, None) and press submit.

        A form Slack's client would not send yet is not sent: the answer's `errors` say why, its status is 0.

        Raises:
            NotThere: no modal, no submit button, no such block, or no such option.
        """
        with self.workspace.lock:
            view = self._shown(user)
            if not view.asked.get("submit"):
                raise NotThere("this modal has no submit button")
            fill(view, values)
            view.errors = unmet(view.blocks, view.filled)
            self.workspace.touch()
            if view.errors:
                return Answer(0, error="not_sent", errors=dict(view.errors))
            payload = self._payload(view, "view_submission")
            payload |= {"trigger_id": self.workspace.tickets.trigger(user, view.id), "response_urls": []}
        answer = self.delivery.send("interactive", payload)
        with self.workspace.lock:
            shown = self._answered(view, answer)
            self.workspace.touch()
        return shown

    def close(self, user: str) -> Answer:
        """Press the modal's close button. The app hears of it only where it asked to. Raises NotThere."""
        with self.workspace.lock:
            view = self._shown(user)
            clear = bool(view.asked.get("clear_on_close"))
            stack = self.workspace.modals[user]
            gone = list(reversed(stack)) if clear else [view]
            del stack[0 if clear else -1 :]
            told = [self._payload(one, "view_closed") for one in gone if one.asked.get("notify_on_close")]
            self.workspace.touch()
        answers = [self.delivery.send("interactive", payload | {"is_cleared": clear}) for payload in told]
        return answers[-1] if answers else Answer(200)

    def _shown(self, user: str) -> View:
        view = top(self.workspace, user)
        if view is None:
            raise NotThere(f"no modal is open in front of {user}")
        return view

    def _payload(self, view: View, kind: str) -> Payload:
        settings = self.workspace.settings
        person = self.workspace.users[view.user]
        team = person.team_id or settings.team_id
        handle = person.profile(settings.team_id)["name"]
        return {
            "type": kind, "team": {"id": team, "domain": team.lower()}, "enterprise": None,
            "user": {"id": person.id, "username": handle, "name": handle, "team_id": team},
            "api_app_id": settings.app.app_id, "token": "verification-token",
            "view": wire(self.workspace, view), "is_enterprise_install": False,
        }  # fmt: skip

    def _answered(self, view: View, answer: Answer) -> Answer:
        if answer.error:
            return Answer(answer.status, answer.text or TROUBLE, answer.error)
        try:
            said = json.loads(answer.text) if answer.text.strip() else {}
            errors = self._act(view, said)
        except (ValueError, Refusal) as refusal:
            self.workspace.complain(f"the answer to view_submission is wrong: {refusal}; {answer.text[:200]}")
            return Answer(answer.status, TROUBLE, "invalid_response")
        return Answer(answer.status, answer.text, None, errors)

    def _act(self, view: View, said: object) -> dict[str, str]:
        """Carry out the response_action; the errors to show, if any."""
        if not isinstance(said, dict):
            raise Refusal("invalid_response")
        stack = self.workspace.modals.get(view.user, [])
        action = said.get("response_action")
        if action == "errors":
            view.errors = self._errors(view, said.get("errors"))
            return dict(view.errors)
        if action == "update":
            view.replace(checked_view(said.get("view"), "modal"), self.workspace.settings.clock())
        elif action == "push":
            push(self.workspace, view.user, said.get("view"))
        elif action == "clear":
            stack.clear()
        elif action is None and not said:
            if view in stack:  # the app may have closed or replaced it meanwhile
                stack.remove(view)
        else:
            raise Refusal("invalid_response", [f"unknown response_action {action!r}"])
        return {}

    def _errors(self, view: View, errors: object) -> dict[str, str]:
        """The app's errors; those that name no input block are shown nowhere and written down."""
        inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors:
            raise Refusal("invalid_response", ["response_action errors without errors"])
        for name, sentence in errors.items():
            if name not in inputs:
                self.workspace.complain(f"errors name {name!r}, which is no input block of the modal")
            if not isinstance(sentence, str) or not sentence:
                self.workspace.complain(f"the error of {name!r} is not a sentence: {sentence!r}")
        kept = {name: str(sentence) for name, sentence in errors.items() if name in inputs}
        if not kept:
            raise Refusal("invalid_response", ["errors name no input block"])
        return kept


def fill(view: View, values: dict[str, Any]) -> None:
    """Type *values* into the view, by block id. Raises NotThere for what is not displayed."""
    inputs = {
        block["block_id"]: element
        for block, element in elements_in(view.blocks)
        if element["type"] in INPUTS and block["type"] != "actions"  # those are pressed, one by one
    }
    for block, value in values.items():
        element = inputs.get(block)
        if element is None:
            raise NotThere(f"the modal has no input block {block!r}, only {sorted(inputs)}")
        try:
            chosen(element, value)
        except LookupError as refusal:
            raise NotThere(str(refusal)) from refusal
        view.fill(block, element["action_id"], value)
