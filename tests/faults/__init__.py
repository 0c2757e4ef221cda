"""Whatever breaks, no order is doubled and none is lost for good: `make faults`."""
