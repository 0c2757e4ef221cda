"""The venue's language, without I/O."""
