"""What people read about a job: the report, the exemption index, the proposals."""
