"""Pure functions over values. Nothing here reads a file, a clock or a pixel."""
