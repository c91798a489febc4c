"""Which version may serve: the gate, the comparison with the incumbent, when to retrain."""
