"""The contract: events, ids, money, subjects, envelope."""
