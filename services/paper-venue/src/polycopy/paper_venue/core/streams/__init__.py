"""The three sockets: who listens to what (channels), and what is told of facts (messages)."""
