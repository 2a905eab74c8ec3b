"""Floor 6: the `bodycam` command, one file per verb group."""
