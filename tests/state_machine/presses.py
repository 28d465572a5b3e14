"""What reps do: what they asked for is written once and wholly, or they are told why not."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.playground.delivery import Answer
from bot.playground.gestures import NotThere, Where
from tests.state_machine.arrivals import Arrivals
from tests.state_machine.books import Line
from tests.state_machine.door import Request
from tests.state_machine.expected import Expected, State, Verdict, Wish, apply, verdict
from tests.state_machine.ground import Aside
from tests.state_machine.said import buttons

REMEMBERED = timedelta(minutes=5)
"""Slack's signatures are good for five minutes, so nobody repeats a request later."""
FORMS = ("reject", "recycle", "touch", "touch_call", "qualify")
DECISIONS = {"accept": "accept", "undo": "undo", "touch_booked": "touch"}
BANT = dict.fromkeys(("budget", "authority", "need", "timeline"), "yes")


@dataclass(frozen=True)
class Asked:
    """A request of Slack's that was sent, when, and whether it was decided."""

    request: Request
    wish: Wish
    at: datetime
    decided: bool


class Presses(Arrivals):
    """The buttons and forms."""

    asked: list[Asked]

    def press_something(
        self,
        user: str,
        which: int,
        stale: bool = False,
        edge: int = 0,
        replica: int = 0,
        lose: bool = False,
    ) -> None:
        """Somebody presses one of the buttons they see, or saw a moment ago."""
        user, seen = self._before_them(user, which, DECISIONS, stale=stale)
        if seen:
            action, handoff = seen[which % len(seen)]
            self.press(user, action, handoff, stale, edge, replica, lose)

    def take_back(self, which: int, edge: int, replica: int) -> None:
        """Whoever pressed last on a hand-off presses Undo on its card."""
        user, seen = self._before_them("last", which, ["undo"])
        for action, handoff in seen:
            self.press(user, action, handoff, edge=edge, replica=replica)

    def _before_them(
        self, user: str, which: int, actions: Iterable[str], *, stale: bool = False
    ) -> tuple[str, list[tuple[str, int]]]:
        """Who it is, and those buttons of *actions* before them; of one hand-off for its owner, or who was last."""
        mine = {
            each.id: who
            for each in reversed(self.handoffs.values())
            if (who := each.state.owner if user == "owner" else each.undo and each.undo.by)
        }
        if user not in ("owner", "last"):
            return user, [each for each in self._buttons(user, stale) if each[0] in actions]
        if not mine:
            return user, []
        handoff = list(mine)[which % len(mine)]
        seen = self._buttons(mine[handoff], stale)
        return mine[handoff], [each for each in seen if each[0] in actions and each[1] == handoff]

    def open_form(self, user: str, which: int, replica: int) -> str | None:
        """Somebody presses one of the buttons that open a form; nothing moves. Gives who that was."""
        user, seen = self._before_them(user, which, FORMS)
        if not seen:
            return None
        action, handoff = seen[which % len(seen)]
        self._remember()
        self._through(self.replica(replica), lambda: self._pressed(user, action, handoff, stale=False), 0)
        self._nothing_moved()
        return user

    def _buttons(self, user: str, stale: bool) -> list[tuple[str, int]]:
        """The buttons that stand before *user*, newest message first; *stale* those too that stood there."""
        found: dict[tuple[str, int], None] = {}
        for message in self.slack.gestures.visible(user):
            for blocks in [message.blocks, *(message.redrawn if stale else ())]:
                for each in buttons(blocks):
                    if each.get("value", "").isdigit():
                        found[each["action_id"], int(each["value"])] = None
        return list(found)

    def press(
        self,
        user: str,
        action: str,
        handoff: int,
        stale: bool = False,
        edge: int = 0,
        replica: int = 0,
        lose: bool = False,
    ) -> None:
        """Somebody presses a button that decides."""
        self._remember()
        whispers, trouble = len(self.slack.whispers(user)), self._in_trouble
        answer, lived = self._through(
            self.replica(replica), lambda: self._pressed(user, action, handoff, stale), edge, lose=lose
        )
        wish = Wish(user, DECISIONS[action], handoff, {"outcome": "booked"})
        foreseen = self._decided(wish, answer, lived=lived, confirmed=lived and not lose)
        asked_why = self._asked_to_reopen(user)
        if foreseen == "refused" and lived and not trouble and not asked_why:
            assert len(self.slack.whispers(user)) > whispers, f"nobody told {user} why {action} was refused"

    def _asked_to_reopen(self, user: str) -> bool:
        """Whether a manager's Undo, refused as such, opened the form that asks why; nobody fills it in here."""
        modal = self.slack.modal(user)
        if modal is None or modal["callback_id"] != "reopen_form":
            return False
        self.slack.close(user)
        return True

    def _pressed(self, user: str, action: str, handoff: int, stale: bool) -> Answer:
        return self.slack.gestures.press(user, action, Where(value=str(handoff), stale=stale))

    def submit(self, user: str, reason: str, outcome: str, dated: bool, edge: int, replica: int) -> None:
        """Somebody sends the form they have open, however long ago it was opened."""
        modal = self.slack.modal(user)
        if self._asked_to_reopen(user) or modal is None or not modal.get("submit"):
            return
        self._remember()
        back = (self.now + timedelta(days=30)).date().isoformat() if dated else None
        values: dict[str, dict[str, str | None]] = {
            "reject_form": {"reason": reason, "date": back},
            "touch_form": {"kind": "call", "outcome": outcome},
            "qualify_form": dict(BANT),
        }
        given = values[modal["callback_id"]]
        action = {"reject_form": "end", "touch_form": "touch", "qualify_form": "qualify"}[
            modal["callback_id"]
        ]
        wish = Wish(user, action, int(modal["private_metadata"]), given)
        answer, lived = self._through(
            self.replica(replica), lambda: self.slack.submit(user, dict(given)), edge
        )
        foreseen = self._decided(wish, answer, lived=lived, confirmed=lived and not answer.errors)
        if lived:
            assert bool(answer.errors) == (foreseen == "refused"), f"{wish}: {answer}"
        if self.slack.modal(user):
            self.slack.close(user)

    def _decided(self, wish: Wish, answer: Answer, *, lived: bool, confirmed: bool) -> Verdict:
        """Compare what was written with what had to be; a wish that was cut off is written wholly or not at all."""
        assert answer.status == 200 or not confirmed, f"{wish} was answered {answer}"
        of = self.handoffs[wish.handoff]
        foreseen, word, new = verdict(wish, of, list(self.handoffs.values()), self.now)
        lines = self.books.new_lines()
        if not lived and not lines:
            if foreseen != "nothing":
                self._ask_again_later(wish, decided=False)
            return foreseen
        self._written(lines, [(wish, word, new)] if foreseen == "saved" else [])
        self._ask_again_later(wish, decided=foreseen != "refused")
        return foreseen

    def _written(self, lines: list[Line], expected: list[tuple[Wish, str, State]]) -> None:
        found = [(line.handoff, line.action, line.actor) for line in lines]
        wanted = [(wish.handoff, word, wish.user) for wish, word, _ in expected]
        assert found == wanted, f"the log says {found}, and it should say {wanted}"
        for wish, word, new in expected:
            apply(wish, self.handoffs[wish.handoff], word, new, self.now)

    def _ask_again_later(self, wish: Wish, *, decided: bool) -> None:
        self.asked = [*self.asked, Asked(self.door.requests[-1], wish, self.now, decided)][-8:]

    def replay(self, which: int, replica: int) -> None:
        """A balancer sends a request of Slack's again, byte by byte, perhaps to another replica."""
        if not self.asked:
            return
        again = self.asked[-1 - which % len(self.asked)]
        if self.now - again.at > REMEMBERED:
            return
        self._remember()
        self._through(self.replica(replica), lambda: self._again(again.request), 0)
        of = self.handoffs[again.wish.handoff]
        foreseen, word, new = verdict(again.wish, of, list(self.handoffs.values()), self.now)
        fresh = foreseen == "saved" and not again.decided
        self._written(self.books.new_lines(), [(again.wish, word, new)] if fresh else [])
        if fresh:
            self.asked = [replace(a, decided=a is again or a.decided) for a in self.asked]

    def _again(self, asked: Request) -> None:
        assert self.http.post("/slack/events", content=asked.body, headers=asked.headers).status_code == 200

    def overtaken(self, first: str, second: str, undo: bool, which: int) -> None:
        """*first* presses; just before it is written, *second* presses the same on another replica, and is done."""
        of = self._contested(undo, which)
        if of is None or self._sleeper is not None or len(self.replicas) < 2:
            return
        self._remember()
        action = "undo" if undo else "accept"
        if undo and of.undo is not None:
            first = second = of.undo.by
        held = self.fate.hold_before("UPDATE handoff")
        self.door.behind = self.replicas[0].baton.web
        early = Aside(lambda: self._pressed(first, action, of.id, stale=True))
        early.start()
        early.until_held_or_done(held)
        self.fate.off()
        self.door.behind = self.replicas[1].baton.web
        try:
            pressed = (
                [second] if held.asleep.is_set() and self._pressed(second, action, of.id, stale=True) else []
            )
        except NotThere:
            pressed = []
        held.let_go()
        early.join(60)
        if early.result:
            assert early.result.status == 200, f"{first} was overtaken, and answered {early.result}"
            pressed.append(first)
        for replica in self.replicas:
            replica.quiet()
        self._in_turn([Wish(user, DECISIONS[action], of.id) for user in pressed])

    def _contested(self, undo: bool, which: int) -> Expected | None:
        """A hand-off that several could press on: nobody's, or one whose last press can be taken back."""
        fit = [
            each
            for each in reversed(self.handoffs.values())
            if (each.undo is not None if undo else each.state.stage == "mql")
        ]
        return fit[which % len(fit)] if fit else None

    def _in_turn(self, wishes: list[Wish]) -> None:
        lines = self.books.new_lines()
        for wish in wishes:
            of = self.handoffs[wish.handoff]
            foreseen, word, new = verdict(wish, of, list(self.handoffs.values()), self.now)
            mine = lines[:1] if foreseen == "saved" else []
            self._written(mine, [(wish, word, new)] if foreseen == "saved" else [])
            lines = lines[len(mine) :]
        assert not lines, f"nobody asked for {lines}"
