"""A recording made up on the spot, with exact ground truth: for the demo, and for the tests."""
