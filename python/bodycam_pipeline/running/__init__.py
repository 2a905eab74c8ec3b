"""Floor 3: runners map steps over tasks and yield results as they come; a step never knows which runner it is on."""
