"""The commands that ask a model about a file: the worklist, what would change a risk, what added to it."""
