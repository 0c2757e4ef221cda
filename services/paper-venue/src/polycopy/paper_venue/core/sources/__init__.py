"""What strangers do: markets with their books, and leaders who trade, recorded or made up."""
