"""Floor 2: the work of one segment, retry-safe, small values in and out. A step never knows which runner runs it."""
