"""Training of the project's own face and plate detector; run the modules with ``python -m models.training.<name>``."""
