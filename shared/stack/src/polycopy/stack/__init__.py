"""An embedded NATS server and Postgres, for one machine."""
