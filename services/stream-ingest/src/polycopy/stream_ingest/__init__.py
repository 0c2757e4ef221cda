"""Hears leader trades."""
