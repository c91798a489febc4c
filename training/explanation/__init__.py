"""What each signal adds to the score of boosted trees: exact TreeSHAP by tables. What is done with it lives in model."""
