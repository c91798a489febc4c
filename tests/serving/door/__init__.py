"""Tests of what a request passes before a route: bodies, keys, connections, other sites, the audit of refusals."""
