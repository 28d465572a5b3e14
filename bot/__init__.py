"""TALKS: Slack, HTTP, files, the clock and the environment; the desk acts, everything else speaks for it."""
