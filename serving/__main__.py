"""``python -m serving`` is ``shiprisk``."""

from serving.cli import main

main()
