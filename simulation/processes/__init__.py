"""What happens in the plant: demand, material, shelf, production, quality, holds, papers, trucks, planning."""
