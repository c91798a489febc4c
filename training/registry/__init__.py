"""Runs, versions and aliases in MLflow. Which version may serve is decided in promote."""
