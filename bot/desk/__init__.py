"""The use cases, one file an occasion. Beside the courier the only part of bot that touches storage."""
