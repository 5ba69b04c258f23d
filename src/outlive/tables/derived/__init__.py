"""Views that are derived from views: a choice of rows, of columns, or something computed.

All compare as `ordering` says: ``S`` without case, NaN equal to itself and after all other
numbers, 0.0 equal to -0.0.
"""
