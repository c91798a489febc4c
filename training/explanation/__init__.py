"""What each signal adds to the score of boosted trees: exact TreeSHAP by tables. What it is for lives in model."""
