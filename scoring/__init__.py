"""DECIDES: pure functions over leads and the written definition; no clock, I/O, SQL or Slack."""
