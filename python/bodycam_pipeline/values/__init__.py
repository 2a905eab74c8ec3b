"""Floor 0: frozen values and errors. No I/O, no codec, no model: everything above speaks in these words."""
