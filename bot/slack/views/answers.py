"""Answers to /mql: for the asker alone, within one message."""

from collections.abc import Mapping
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.desk.hand_over import receipt
from bot.desk.queue import MOST, Queue
from bot.desk.report import Explained, Figures, Shown
from bot.slack.views import blocks
from bot.slack.views.blocks import Block
from bot.slack.views.card import Message, accept_word, name_of, row_line
from bot.slack.views.entry import card_link, expected, legend, stage_of, who
from bot.slack.views.text import FALLBACK, address, cut, mention, points, safe, when
from scoring import stages
from scoring.assigning import LACKS, next_words
from scoring.assigning import name_of as person_named
from scoring.contract import Definition
from scoring.dispositions import REASONS
from scoring.funnel import Funnel, Rate
from scoring.handoff import Handoff

MOST_HELD = 5
"""Leads on hold that are named; the others are counted by what they lack."""

MOST_ROWS = 40


def helped(commands: Mapping[str, str]) -> Message:
    """What /mql can do: usage to help line."""
    lines = ["*Baton* hands leads from marketing to sales. Type:"]
    lines += [f" `/mql {usage}`  {line}" for usage, line in commands.items()]
    return Message(blocks.paragraphs(lines), "What /mql can do")


def queue(found: Queue) -> Message:
    """Who waits for the asker, best first."""
    lines = [f"*Yours* ({found.mine.count})"]
    lines += [_waiting(shown, found) for shown in found.mine.first[:MOST]] or [" Nothing waits for you."]
    lines += _left(found.mine.count)
    lines += ["", f"*To be claimed* ({found.unclaimed.count})"]
    lines += [_waiting(shown, found) for shown in found.unclaimed.first[:MOST]] or [
        " Every lead has an owner."
    ]
    lines += _left(found.unclaimed.count)
    if found.on_hold:
        wanted = ", ".join(f"{safe(name, 40)} ({count})" for name, count in sorted(found.on_hold.items()))
        lines += ["", f"*On hold until somebody finds out:* {wanted}"]
        lines += [
            f" {safe(email, 80)}: {safe(', '.join(names).replace('_', ' '), 120)}"
            for email, names in found.held[:MOST_HELD]
        ]
        lines += [" Who knows more types /mql lead EMAIL and presses Complete facts."] if found.held else []
    parts = blocks.paragraphs(lines)
    if found.mine.count or found.unclaimed.count:
        parts.append(blocks.context(f"Best first, then soonest due. {legend(found.worth, found.labels)}"))
    said = f"{found.mine.count} yours, {found.unclaimed.count} to be claimed"
    first = next(iter((*found.mine.first, *found.unclaimed.first)), None)
    return Message(parts, cut(said + (f"; first {name_of(first)}" if first else ""), FALLBACK))


def _left(count: int) -> list[str]:
    return [f" … and {count - MOST} more; the Home tab has them all"] if count > MOST else []


def _waiting(shown: Shown, found: Queue) -> str:
    handoff = shown.handoff
    words = [
        f" {handoff.score}  {who(shown)}",
        safe(handoff.tier, 40),
        stage_of(shown),
        expected(shown, found.worth),
    ]
    if handoff.wants_touch and handoff.due_at:
        by = "🔴 first touch was due" if handoff.due_at <= found.now else "first touch by"
        words.append(f"{by} {when(handoff.due_at, shown.calendar.zone)}")
    words.append(card_link(shown, found.links))
    return " · ".join(word for word in words if word)


def lead(found: Explained, asker: str | None = None) -> Message:
    """What is known of a lead, and its hand-offs; a manager may reopen the newest one that ended."""
    facts = found.known.facts
    name = " ".join(str(facts[key]) for key in ("first_name", "last_name") if facts.get(key))
    lines = [f"*{safe(name, 120) or safe(found.known.email or 'Somebody without a name', 120)}*"]
    lines += [
        f" {safe(key.replace('_', ' '), 60)}: {(address if key == 'email' else safe)(_value(value), 200)}"
        for key, value in sorted(facts.items())[:MOST_ROWS]
    ]
    lines.append(_head(found))
    lines += [f" {safe(sentence, 300)}" for sentence in found.verdict.sentences]
    lines += _next(found)
    if found.history:
        lines.append("*Hand-offs*")
        lines += [_past(each, found) for each in found.history[:10]]
        lines += [f" … and {len(found.history) - 10} older ones"] if len(found.history) > 10 else []
    lines.append(f"*Next:* {next_for(found)}")
    known_as = safe(name or found.known.email or "somebody without a name", 120)
    parts = [*blocks.paragraphs(lines), *_reopening(found, asker)]
    if found.verdict.wanted:
        parts.append(blocks.actions(blocks.button("Complete facts", "facts", f"lead:{found.known.id}")))
    return Message(parts, f"Lead {known_as}: {found.score.total} points. {_verdict(found, plain=True)}")


def next_for(found: Explained) -> str:
    """What can be done with the lead now, and by whom."""
    zone = ZoneInfo(found.team.timezone)
    open_one = next((each for each in found.history if each.open), None)
    if open_one is not None:
        return _next_step(open_one, found, zone)
    if found.verdict.mql:
        return f"at its next event it becomes {_an_mql(found)} and goes to sales."
    if found.to_threshold:
        return f"{_more_points(found.to_threshold)} it {_an_mql(found)}."
    return "nothing, until what is said above changes."


def _next_step(handoff: Handoff, found: Explained, zone: ZoneInfo) -> str:
    owner = mention(handoff.owner) if handoff.owner else ""
    due = ""
    if handoff.wants_touch and handoff.due_at is not None:
        late = found.now is not None and handoff.due_at <= found.now
        due = f"{', which was due' if late else ' by'} {when(handoff.due_at, zone)}"
    if not owner:
        press = accept_word(found.definition)
        return f"somebody of the pool presses {press} on its card" + (
            f" and logs the first touch{due}." if due else "."
        )
    if handoff.stage == "sql" and handoff.ae is not None and handoff.ae_accepted_at is None:
        return f"{mention(handoff.ae)} accepts it, or sends it back."
    if handoff.stage in ("sql", "opportunity"):
        return f"{owner} makes it an opportunity and says how it ended."
    if handoff.touched_at is None:
        return f"{owner} logs the first touch{due}."
    decide = handoff.touched_at + found.definition.decide
    return f"{owner} qualifies it, or recycles it with a reason, by {when(decide, zone)}."


def _more_points(count: int) -> str:
    return "1 more point makes" if count == 1 else f"{count} more points make"


def _next(found: Explained) -> list[str]:
    """Where it would go now, to whom, and who would be passed over and why."""
    zone, path = ZoneInfo(found.team.timezone), found.route
    lines = [f"*Where it would go:* {safe(path.segment.name, 60)}, <#{path.channel}>."]
    lines.append(f" {safe(next_words(found.choice, found.team, path.segment.assign), 300)}")
    for each in found.choice.skipped[:MOST]:
        until = f" until {when(each.until, zone)}" if each.until else ""
        lines.append(f" Not {safe(person_named(found.team, each.person), 80)}: {LACKS[each.why]}{until}.")
    return lines


def _reopening(found: Explained, asker: str | None) -> list[Block]:
    newest = found.history[0] if found.history else None
    person = found.team.person(asker) if asker is not None else None
    if newest is None or newest.open or newest.last is None or person is None or person.role != "manager":
        return []
    return [blocks.actions(blocks.button("Reopen the newest hand-off", "reopen", str(newest.id)))]


def _value(value: object) -> str:
    return ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)


def _past(handoff: Handoff, found: Explained) -> str:
    zone = ZoneInfo(found.team.timezone)
    stage = safe(stages.label(handoff.stage, found.definition.labels), 40)
    reason = REASONS.get(handoff.reason or "")
    words = [f" {when(handoff.crossed_at, zone)}", f"{handoff.score} points", safe(handoff.tier, 40), stage]
    words += [reason.words] if reason else []
    words += ["by hand"] if handoff.origin == "by_hand" else []
    words += [mention(handoff.owner)] if handoff.owner else []
    words += [f"<{found.links[handoff.id]}|Open the card>"] if handoff.id in found.links else []
    return " · ".join(words)


def _head(found: Explained) -> str:
    score = found.score
    return (
        f"*{score.total}* = fit {score.fit} + intent {score.intent} · {_name('mql', found.definition)} at "
        f"{found.definition.threshold} · definition v{found.version}"
    )


def _an_mql(found: Explained) -> str:
    return safe(stages.one("mql", found.definition.labels), 60)


def why(found: Explained) -> Message:
    """The arithmetic, row by row, under the definition in force; and what is missing to more."""
    calendar = found.team.calendar
    rows = [row_line(row, calendar) for row in receipt(found.score.parts)]
    lines = [_head(found), *rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        lines.append(f" … and {len(rows) - MOST_ROWS} more rows; baton score EMAIL has them all")
    if not rows:
        lines.append(f" {points(0)}  Nothing counts yet.")
    lines += [_verdict(found), *(f" {safe(sentence, 300)}" for sentence in found.verdict.sentences)]
    lines += _missing(found)
    parts = blocks.paragraphs(lines)
    parts.append(blocks.context("All of it as a file: baton score EMAIL --json, for whoever runs Baton."))
    return Message(parts, f"{found.score.total} points. {_verdict(found, plain=True)}")


def _missing(found: Explained) -> list[str]:
    """The points to the threshold and to the next tier; what came before the last end counts for neither."""
    lines = []
    if found.to_threshold:
        lines.append(f"{_more_points(found.to_threshold)} it {_an_mql(found)}.")
    if found.next_tier is not None:
        tier = safe(found.next_tier.tier.name, 60)
        lines.append(f"{_more_points(found.next_tier.points)} it *{tier}*.")
    elif found.standing is not None and found.definition.tiers[0] is not found.standing:
        lines.append(f"As *{safe(found.standing.name, 60)}*; no number of points alone makes it more urgent.")
    return lines


def _verdict(found: Explained, *, plain: bool = False) -> str:
    mark = "" if plain else "*"
    open_one = next((each for each in found.history if each.open), None)
    if open_one is not None:
        stage = safe(stages.label(open_one.stage, found.definition.labels), 40)
        return f"{mark}It is with sales{mark} as {stage}."
    if found.verdict.mql:
        return f"{mark}It would be {_an_mql(found)} at its next event.{mark}"
    return f"{mark}It is no {_name('mql', found.definition)} now.{mark}"


def funnel(found: Figures) -> Message:
    """How far the hand-offs of the period came: rates first, volume second, each with its interval."""
    figures, definition = found.funnel, found.definition
    steps = ["lead", "mql", *(["sal"] if definition.sal else []), "sql", "opportunity", "won"]
    lines = [f"*The funnel of the last {found.days} day{'' if found.days == 1 else 's'}*"]
    for earlier, later in pairwise(steps):
        step = f"{_name(earlier, definition)} → {_name(later, definition)}"
        lines.append(f" {step}: {_rate(figures.rate(later, earlier))}")
    counts = [
        f"{figures.leads} leads",
        *(f"{figures.reached.get(s, 0)} {_name(s, definition)}" for s in steps[1:]),
    ]
    lines.append("Volume: " + " · ".join(counts))
    if figures.ended:
        lines.append(
            "Ended: "
            + " · ".join(f"{n} {_name(end, definition)}" for end, n in sorted(figures.ended.items()))
        )
    lines += [
        f" {n} × {REASONS[code].words if code in REASONS else safe(code)}"
        for code, n in sorted(figures.reasons.items(), key=lambda row: -row[1])
    ]
    lines += _apart(figures)
    signed = "" if found.signed else ", unsigned"
    lines.append(
        f"Lead → {_name('mql', definition)} counts people first seen in the period; the other rates count "
        "the hand-offs that began in it, as far as they are now, with 95 % intervals. "
        f"Definition v{found.version}{signed}."
    )
    return Message(blocks.paragraphs(lines), f"The funnel of the last {found.days} days")


def _apart(figures: Funnel) -> list[str]:
    """What the figures above do not hold, and the returning ones that they do."""
    lines = [f"Of these hand-offs {figures.returning} are of returning leads."] if figures.returning else []
    apart = [
        f"{count} {words}"
        for count, words in ((figures.by_hand, "handed over by hand"), (figures.spot_checks, "spot checks"))
        if count
    ]
    return [*lines, f"Apart, in no rate: {' · '.join(apart)}."] if apart else lines


def _name(stage: str, definition: Definition) -> str:
    return "Lead" if stage == "lead" else safe(stages.label(stage, definition.labels), 40)


def _rate(rate: Rate) -> str:
    if rate.share is None:
        return "no cases yet"
    low, high = rate.interval
    return f"*{100 * rate.share:.0f} %* [{100 * low:.0f}–{100 * high:.0f}] ({rate.hits} of {rate.n})"
