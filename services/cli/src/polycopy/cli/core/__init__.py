"""The pure part of the program: what is checked, counted and shown."""
