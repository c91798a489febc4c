"""The files of a model: whole, or refused with a sentence."""
