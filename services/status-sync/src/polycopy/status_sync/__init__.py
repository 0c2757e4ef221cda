"""Reports what the venue did with our orders."""
