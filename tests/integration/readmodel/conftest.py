"""A fresh database for each test."""

from tests.support.postgres import database_url, postgres_url

__all__ = ["database_url", "postgres_url"]
