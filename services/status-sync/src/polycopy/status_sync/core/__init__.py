"""From what the venue says to what the account learns. Pure."""
