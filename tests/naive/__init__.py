"""Every signal a second time, so plainly that a reader sees it is right: the judge of the engine.

Nothing here is fast and nothing is shared with the engine but the constants of time and the event table. From below:

- ``events``: one event as plain values, sorted as they were known
- ``book``: a line and what left of it; ``issues``: to which line an issue goes, from which a reversal takes
- ``commitments``: lines, what is due, what is open; ``lines``: how far a line is
- ``standing``: things that stand; ``plans``: dates and quantities that are planned
- ``outcomes``: what became of an order; ``others``: what all orders tell of items, work centres, plants, customers
- ``seen``: an order at a moment; ``registry``: ``@twin``
- one module for each group of signals, one small function for each signal
"""
