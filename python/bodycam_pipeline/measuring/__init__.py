"""Measuring detectors: on labelled pictures, and on labelled recordings through the whole of linking and planning."""
