"""Measuring detectors: on labelled pictures, and on recordings through linking and planning; speed beside peers."""
