"""``python -m bridge_laptop.cli``: the same as ``bridge``."""

from bridge_laptop.cli.main import main

main()
