"""Every signal's twin: one module for each group of signals, one small function for each signal."""
