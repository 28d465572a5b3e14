"""REMEMBERS: SQL and nothing else; takes and returns scoring's types."""
