"""Ways in: one file a source. Each turns what its sender says into arrivals."""
