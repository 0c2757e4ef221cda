"""The log and what every service runs on."""
