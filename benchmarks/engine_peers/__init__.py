"""The same signals, computed by several programs: ours, and how an expert would ask Polars, DuckDB and pandas."""
