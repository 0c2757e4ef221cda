"""Tests that were written before what they test."""

import pytest


def ahead(of: str) -> pytest.MarkDecorator:
    """It fails today, and only by its own assertions; the day on which it holds it must say so."""
    return pytest.mark.xfail(strict=True, raises=AssertionError, reason=f"ahead of: {of}")
