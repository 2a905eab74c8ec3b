"""What people and jobs do with sealed recordings; each of these things stands in the custody log."""
