"""What all protocols of the venue share: requests and answers, JSON, times, cursors."""
