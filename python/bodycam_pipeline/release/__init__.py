"""Floor 3: from a finished file to a release: the gate, the folder handed out, the report kept inside."""
