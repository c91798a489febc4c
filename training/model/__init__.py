"""The risk model: fitting, tuning, calibration, exact contributions. How good it is lives in evaluate."""
