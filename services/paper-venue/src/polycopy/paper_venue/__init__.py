"""A venue that speaks Polymarket's protocols."""
