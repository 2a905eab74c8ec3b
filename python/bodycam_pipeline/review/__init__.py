"""The history of a job: who did what to it, and what the custody log knows of that."""
