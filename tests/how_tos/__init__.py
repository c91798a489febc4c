"""Pages of docs that lead through a task: every block of theirs runs."""
