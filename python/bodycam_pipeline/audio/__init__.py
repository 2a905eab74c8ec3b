"""The sound of a release: decoded, muted, encoded."""
