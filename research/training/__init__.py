"""How the shipped detectors were trained; README.md says what it needs and what it gave."""
