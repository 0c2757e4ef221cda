"""The exchange without its wires: no socket, no clock, no chance of its own."""
