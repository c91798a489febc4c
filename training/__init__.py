"""Outcomes in, a calibrated model out."""
