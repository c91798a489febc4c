"""Histories, plants, stores and servers that tests share."""
