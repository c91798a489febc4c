"""The risk model: fitting, tuning, calibration. How good it is lives in evaluate."""
