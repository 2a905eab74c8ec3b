"""What a step is told, and its name: all that a driver holds of the work on a stranger's bytes."""
