"""Slack: listeners read and call the desk, views turn state into blocks, the client names Slack's methods."""
