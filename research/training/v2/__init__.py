"""The second network: heads at strides 4 to 32, three kinds, and a score that says how well a box lies."""
