"""The demo's clock as a visitor reads and turns it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.demo.theatre import Theatre
from bot.desk import remind
from bot.playground import Control

NOT_LATER = timedelta(seconds=1)
"""The least step to the next deadline: what is due already is decided by the step."""


def reading(theatre: Theatre) -> str:
    """The clock's time, whether it runs, and whether the team works then."""
    now, team = theatre.clock.business(), theatre.team
    zone, calendar = ZoneInfo(team.timezone), team.calendar
    closes = calendar.next_close(now)
    if closes is not None:
        hours = f"working hours until {_time(closes, zone, now)}"
    else:
        why = "a holiday, " if calendar.is_holiday(now) else ""
        hours = f"{why}closed until {_time(calendar.next_open(now), zone, now)}"
    still = "" if theatre.clock.running else " · the clock stands still"
    local = now.astimezone(zone)
    return f"The demo's clock: {local:%A} {local.day} {local:%B, %H:%M}, {team.timezone} · {hours}{still}"


def _time(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    local = at.astimezone(zone)
    same_day = local.date() == now.astimezone(zone).date()
    return f"{local:%H:%M}" if same_day else f"{local:%A} {local.day} {local:%B, %H:%M}"


def controls(theatre: Theatre) -> list[Control]:
    """The buttons that turn the clock."""
    clock = theatre.clock

    def pause() -> str:
        clock.pause()
        return "The clock stands still. Buttons work, and nothing falls due until it goes on."

    def go_on() -> str:
        clock.go_on()
        return "The clock runs."

    def later(by: timedelta) -> str:
        theatre.forward(by)
        return f"It is {_now(theatre)} now."

    def to_the_next() -> str:
        due = remind.soonest(theatre.baton.desk)
        if due is None:
            return "Nothing is to come. Send a lead first."
        theatre.forward(max(due - clock.business(), NOT_LATER))
        return f"It is {_now(theatre)} now, when the next thing was due."

    buttons = {
        "Pause the clock": pause,
        "Let it run": go_on,
        "5 minutes later": lambda: later(timedelta(minutes=5)),
        "1 hour later": lambda: later(timedelta(hours=1)),
        "1 day later": lambda: later(timedelta(days=1)),
        "To the next deadline": to_the_next,
    }
    return [Control(label, press, "Move the clock") for label, press in buttons.items()]


def _now(theatre: Theatre) -> str:
    zone = ZoneInfo(theatre.team.timezone)
    return f"{theatre.clock.business().astimezone(zone):%A %H:%M}"
