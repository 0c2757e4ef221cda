"""The polycopy command."""
