"""The commands about the catalogue of signals: what there is, and whether signals from outside hold."""
