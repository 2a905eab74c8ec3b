"""Redacted copies of body-worn-camera recordings: every face and plate hidden in every frame, verifiably."""
