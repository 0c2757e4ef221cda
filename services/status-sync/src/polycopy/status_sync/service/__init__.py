"""The order of effects: rounds of questions, what is heard in between, and what is said of both."""
