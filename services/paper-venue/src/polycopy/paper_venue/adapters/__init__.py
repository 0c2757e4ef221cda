"""The venue's wires."""
