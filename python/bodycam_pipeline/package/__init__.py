"""Floor 6: a release as anyone gets it: signed, complete, and checked by anyone, with our program or without."""
