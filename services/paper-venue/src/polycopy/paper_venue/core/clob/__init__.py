"""The CLOB's REST side, from the way in (`pipeline`) by the paths (`routes`) to the `desk`."""
