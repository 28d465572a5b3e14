"""Until somebody tells the program to stop."""

import signal
import threading


def told_to_stop() -> threading.Event:
    """Set by SIGINT or SIGTERM, also by one that comes while everything is still being set up."""
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    return told
