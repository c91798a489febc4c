"""The files of a model: their digests, and LightGBM's text read before LightGBM sees it. Models live in model."""
