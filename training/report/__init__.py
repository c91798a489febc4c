"""Pages and plots about a run. No figure is computed here."""
