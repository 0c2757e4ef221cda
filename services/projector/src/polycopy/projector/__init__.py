"""Builds the read models."""
