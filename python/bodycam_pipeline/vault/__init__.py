"""Sealed originals that nobody edits, and the custody log that nobody rewrites: what every room may open and read."""
