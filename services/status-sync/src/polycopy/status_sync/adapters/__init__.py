"""The venue, asked by REST and heard through the user socket."""
