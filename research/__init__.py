"""What needs data that is not in this repository: training, calibration, and what measures on labelled clips."""
