"""Evaluates each leader trade against every strategy."""
