"""What `baton init` writes and the demo plays."""
