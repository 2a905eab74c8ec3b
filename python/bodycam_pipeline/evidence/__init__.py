"""Floor 1: files that prove something: plan, frames, manifest, policy; written atomically, checked when read."""
