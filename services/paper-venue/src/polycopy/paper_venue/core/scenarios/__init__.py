"""Scenario files and commands: what a tester may write, and every fault in what was written."""
