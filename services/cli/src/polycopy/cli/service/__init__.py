"""What the commands do, and in which order."""
