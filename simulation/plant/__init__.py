"""What stands in the plant: its state, its clock, and what its systems write down."""
