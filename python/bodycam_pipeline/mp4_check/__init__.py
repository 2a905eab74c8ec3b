"""Read a finished file against a list of what it may hold, written apart from the writer."""
