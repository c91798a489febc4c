"""The worklist as a file for a planner: its columns, and how CSV and XLSX write them."""
