"""`Storage`, views, and what they are made of."""

from .description import describe, parse
from .row import Row
from .schema import Kind, Property
from .storage import Storage
from .table import Table
from .view import View
from .wrapped import wrap

__all__ = ["Kind", "Property", "Row", "Storage", "Table", "View", "describe", "parse", "wrap"]
