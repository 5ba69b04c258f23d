"""Files that the command makes of others: put in their place whole; whose pickles may be read?"""

from __future__ import annotations

from .disk.placing import BETWEEN, check_trust, placing

__all__ = ["BETWEEN", "check_trust", "placing"]
