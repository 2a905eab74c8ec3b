"""What is measured, on a release build only, after its output was checked."""
