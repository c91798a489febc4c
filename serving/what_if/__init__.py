"""Events that nobody sent, and the moves worth trying: asked of the active model, nothing is stored."""
