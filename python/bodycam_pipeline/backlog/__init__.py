"""Floor 6: many recordings, unattended. Lists in, releases out, and a record of what became of each."""
