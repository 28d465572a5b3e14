"""Pure functions from state to blocks. Text that came from a lead is data and goes through `text.py`."""
