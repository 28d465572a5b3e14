"""One file an occasion: read, call a use case, answer."""
