"""What stands in the plant: its state, work centres with queues and breakdowns, its clock, its systems' records."""
