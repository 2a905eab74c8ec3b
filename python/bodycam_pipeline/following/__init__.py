"""Follow what was seen through the pixels, forward and backward in time."""
