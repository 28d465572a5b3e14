"""Cells that a spreadsheet would run instead of showing, made harmless; and back again, to the letter.

A cell that begins with = + - @ (or their full-width forms), a tab or a carriage return is a formula or a command
to Excel and LibreOffice; so is what follows a semicolon or a tab where those part columns. An apostrophe before
it makes it text. Source: OWASP, "CSV Injection".
"""

import re

_PARTS = ';,|"\t\r\n'
_RUNS = "=+\\-@＝＋－＠\t\r"
_HARMFUL = re.compile(f"(?<![^{_PARTS}])('*)(?=[{_RUNS}])")
_DEFUSED = re.compile(f"(?<![^{_PARTS}])'('*)(?=[{_RUNS}])")


def defused(cell: str) -> str:
    """*cell* with an apostrophe before whatever a spreadsheet would run; `armed` gives it back."""
    return _HARMFUL.sub(r"'\1", cell)


def armed(cell: str) -> str:
    """What `defused` was given."""
    return _DEFUSED.sub(r"\1", cell)
