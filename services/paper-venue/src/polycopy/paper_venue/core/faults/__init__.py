"""What goes wrong when it is asked for: the rules, whether they strike, and what each spoils."""
