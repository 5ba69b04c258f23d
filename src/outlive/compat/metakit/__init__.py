"""Metakit's Mk4py on outlive: ``import outlive.compat.metakit as metakit``.

Names, arguments and behaviour are those of the reference of Mk4py 2.4.9, in Python 3::

    db = metakit.storage("people.mk", 1)
    vw = db.getas("people[first:S,last:S,shoesize:I]")
    vw.append(first="John", last="Lennon", shoesize=44)
    db.commit()
    for row in vw.sort(vw.last): print(row.first, row.last)

What it writes are outlive's own storages, which `outlive.Storage` opens too. A file that Metakit
wrote opens with mode 0; `outlive.Storage.from_metakit` makes one of ours of it.

Where Metakit lost data, this does otherwise: what cannot be done raises one of outlive's errors,
which are also the TypeError, ValueError, IndexError or OSError that Mk4py raised. docs/metakit.md
has all differences, and what to write in new programs.
"""

from __future__ import annotations

from .opening import storage
from .properties import Property
from .properties import make as property
from .rows import RORowRef, RowRef
from .showing import dump
from .storages import Storage
from .views import ROViewer, View, Viewer
from .views import make as view
from .wrapping import wrap

__all__ = [
    "PropertyType",
    "RORowRefType",
    "ROViewerType",
    "RowRefType",
    "StorageType",
    "ViewType",
    "ViewerType",
    "dump",
    "property",
    "storage",
    "version",
    "view",
    "wrap",
]

version = "2.4.9.8"  # the release of Metakit that this does as

ViewType = View
ViewerType = Viewer
ROViewerType = ROViewer
RowRefType = RowRef
RORowRefType = RORowRef
PropertyType = Property
StorageType = Storage
