"""What happens in the plant: demand, material, production, quality, papers, trucks, planning."""
