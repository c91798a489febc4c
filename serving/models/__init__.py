"""The model that serves: fetched, verified, followed, shadowed; how it scores. Stored scores live in scores."""
