"""Models beside each other on rows that none has learned from: two versions, or one with and without some signals.

Who may serve is decided in ``training.promote``, not here.
"""
