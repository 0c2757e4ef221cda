"""Pure trading rules: account, order life, depth, sizing, fees."""
