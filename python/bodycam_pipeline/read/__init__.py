"""Open, index and decode recordings that others made."""
