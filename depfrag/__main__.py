"""``python -m depfrag``."""

from __future__ import annotations

from depfrag.cli.main import entry

if __name__ == "__main__":
    entry()
