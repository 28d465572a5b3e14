"""The Home tab: what its reader works on, each with its buttons, and the floor for those who lead.

It is drawn anew whenever it is opened or something is pressed on it, so that words such as "12 working minutes left"
are right when they are read.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.desk.home import Home, Overview, Page, Rep, Reps, Week
from bot.desk.report import Shown
from bot.slack.views import blocks
from bot.slack.views.blocks import Block
from bot.slack.views.card import buttons
from bot.slack.views.entry import card_link, expected, legend, stage_of, time_left, who
from bot.slack.views.team import away_line
from bot.slack.views.text import mention, safe, span, when
from scoring import stages
from scoring.handoff import Handoff

LEFT_TO_CARDS = frozenset({"why", "reject", "more"})
"""Buttons of a card that Home leaves out: there they would make a row of two lines."""
ROOM = 2_800
"""Characters of JSON for a list without buttons."""

NOBODY_WAITS = "Nothing waits for you. New leads come as cards in your channel."


def home(found: Home, banner: str = "") -> Block:
    """The Home tab of somebody of the team; *banner* is why their last press here did nothing."""
    parts = [blocks.header("Baton")]
    if banner:
        parts.append(blocks.section(f"⚠️ {banner}", "banner"))
    parts += _switches(found)
    week = [blocks.section(_week(found, found.week), "week")] if found.week is not None else []
    overview = _overview(found, found.overview) if found.overview is not None else []
    for section in (_mine(found), _pools(found), _to_accept(found), _deals(found), week, overview):
        parts += [blocks.divider(), *section] if section else []
    parts.append(blocks.divider())
    parts.append(blocks.context(f"{legend(found.worth, found.labels)} `/mql` tells what else Baton answers."))
    return _view(parts, turned(found))


def closed(sentence: str) -> Block:
    """The Home tab of somebody who may not see it: the sentence why."""
    return _view([blocks.header("Baton"), blocks.section(safe(sentence, 500))], "")


def _view(parts: list[Block], private: str) -> Block:
    return {"type": "home", "blocks": parts, "private_metadata": private}


def turned(found: Home) -> str:
    """The pages that Home shows, as `mine:2 pools:3`; lists on their first page are left out."""
    pages = {name: page.number for name, page in _lists(found).items() if page.number > 1}
    return " ".join(f"{name}:{number}" for name, number in pages.items())


def _lists(found: Home) -> dict[str, Page | Reps]:
    lists: dict[str, Page | Reps] = {
        "mine": found.mine, "pools": found.pools, "to_accept": found.to_accept, "deals": found.deals,
    }  # fmt: skip
    if found.overview is not None:
        seen = found.overview
        lists |= {"reps": seen.reps, "spot_checks": seen.spot_checks, "decisions": seen.decisions}
    return lists


def _switches(found: Home) -> list[Block]:
    """The reader's own switches, above everything else: away, or back."""
    return away_line(found.reader, found.team, found.now)


def _mine(found: Home) -> list[Block]:
    if not found.mine.count and found.reader.role != "sdr":
        return []
    return _worked("mine", "My open hand-offs", found.mine, found) or [
        blocks.section(f"*My open hand-offs*\n{NOBODY_WAITS}")
    ]


def _pools(found: Home) -> list[Block]:
    if not found.pools.count and found.reader.role != "sdr":
        return []
    return _worked("pools", "Waiting in my pools", found.pools, found) or [
        blocks.section("*Waiting in my pools*\nEvery lead has an owner.")
    ]


def _to_accept(found: Home) -> list[Block]:
    if not found.to_accept.count and found.reader.role != "ae":
        return []
    return _worked("to_accept", "Waiting for my acceptance", found.to_accept, found) or [
        blocks.section(f"*Waiting for my acceptance*\nNo {_sql(found)} waits for you.")
    ]


def _deals(found: Home) -> list[Block]:
    if not found.deals.count and found.reader.role != "ae":
        return []
    return _worked("deals", "My opportunities", found.deals, found) or [
        blocks.section("*My opportunities*\nNone is open.")
    ]


def _worked(name: str, title: str, page: Page, found: Home) -> list[Block]:
    """A list whose entries have their card's buttons; empty where there is none."""
    if not page.count:
        return []
    parts = [blocks.section(_title(title, page))]
    for shown in page.first:
        parts.append(blocks.section(_entry(shown, found)))
        row = [each for each in buttons(shown)["elements"] if each["action_id"] not in LEFT_TO_CARDS]
        if row:
            parts.append(blocks.actions(*row, block_id=f"{name}-{shown.handoff.id}"))
    return parts + _pager(name, page)


def _title(title: str, page: Page | Reps) -> str:
    turned = f" · page {page.number} of {page.pages}" if page.pages > 1 else ""
    return f"*{title}* ({page.count:,}){turned}"


def _entry(shown: Shown, found: Home) -> str:
    handoff = shown.handoff
    words = [who(shown), f"*{handoff.score}*", safe(handoff.tier, 40), expected(shown, found.worth)]
    second = [time_left(shown, found.now), card_link(shown, found.links)]
    return "\n".join(" · ".join(word for word in line if word) for line in (words, second))


def _pager(name: str, page: Page | Reps) -> list[Block]:
    row = []
    if page.number > 1:
        row.append(blocks.button("◀ Previous", "home_previous", f"{name}:{page.number - 1}"))
    if page.number < page.pages:
        row.append(blocks.button("Next ▶", "home_page", f"{name}:{page.number + 1}"))
    return [blocks.actions(*row, block_id=f"turn-{name}")] if row else []


def _week(found: Home, week: Week) -> str:
    in_time = f"{100 * week.in_time / week.first_touches:.0f} %" if week.first_touches else "none yet"
    return (
        f"*My week*\nGiven {week.given} · accepted {week.accepted} · touched {week.touched} · "
        f"{_sql(found)} {week.sqls} · first touches in time: {in_time}"
    )


def _sql(found: Home) -> str:
    return safe(stages.label("sql", found.labels), 40)


def _overview(found: Home, seen: Overview) -> list[Block]:
    parts = [
        *_packed(
            _title("Team", seen.reps), [_rep(rep) for rep in seen.reps.first], "Nobody works leads yet."
        ),
        *_pager("reps", seen.reps),
        *_unowned(found, seen),
        *_packed(
            _title("Needs a decision", seen.decisions),
            [_decision(shown, found) for shown in seen.decisions.first],
            "Nothing does.",
        ),
        *_pager("decisions", seen.decisions),
    ]
    if seen.lacking:
        wanted = ", ".join(f"{safe(name, 40)} ({count})" for name, count in sorted(seen.lacking.items())[:20])
        parts.append(blocks.section(f"*On hold until somebody finds out:* {wanted}"))
    if seen.spot_checks.count:
        lines = [_listed(shown, found) for shown in seen.spot_checks.first]
        parts += _packed(_title("Spot checks", seen.spot_checks), lines, "")
        parts += _pager("spot_checks", seen.spot_checks)
    return parts


def _packed(title: str, lines: Sequence[str], otherwise: str) -> list[Block]:
    return blocks.paragraphs([title, *(lines or [f" {otherwise}"])], ROOM)


def _rep(rep: Rep) -> str:
    load = rep.load
    words = [f" *{safe(rep.person.name, 60)}*", f"{load.open} open"]
    words += [f"🔴 {load.overdue} overdue"] if load.overdue else []
    words += [f"{_count(load.breaches, 'breach', 'breaches')} this week"] if load.breaches else []
    if rep.away_until is not None:
        words.append(f"🌴 away until {when(rep.away_until, rep.zone)}")
    return " · ".join(words)


def _count(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _unowned(found: Home, seen: Overview) -> list[Block]:
    lines = [
        f" *{each.count:,}* in {safe(each.segment, 60)}; the oldest waits for {_for(each.oldest, found.now)}"
        for each in seen.unowned
    ]
    total = sum(each.count for each in seen.unowned)
    return _packed(f"*Without an owner* ({total:,})", lines, "Every lead has an owner.")


def _for(since: datetime, now: datetime) -> str:
    return span(max(now - since, timedelta(0)))


def _decision(shown: Shown, found: Home) -> str:
    return _listed(shown, found, _needed(shown.handoff, found.now))


def _needed(handoff: Handoff, now: datetime) -> str:
    """Why it is on the list of what needs a decision; the weightiest reason there is."""
    if handoff.flag is not None:
        return f"⚠️ {safe(handoff.flag, 200)}"
    if handoff.owner is None and handoff.due_at is not None and handoff.due_at <= now and handoff.wants_touch:
        return "🔴 overdue, and nobody has it"
    return "🕰 past its time to decide"


def _listed(shown: Shown, found: Home, why: str = "") -> str:
    owner = f"with {mention(shown.handoff.owner)}" if shown.handoff.owner else ""
    words = [
        why,
        who(shown),
        stage_of(shown),
        owner,
        expected(shown, found.worth),
        card_link(shown, found.links),
    ]
    return " " + " · ".join(word for word in words if word)
