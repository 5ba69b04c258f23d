"""How to read the tables of Safe."""

from __future__ import annotations

from importlib import metadata

_NOTES = """\
## How to read the tables of `outlive.Safe`

Objects are dicts of about 70 bytes as a pickle; keys are str; all are read and set in the same \
random order. "and pickle" is a driver that is called with what `pickle` made. Everyone has the \
file open all the time, with all of it in memory, and is told nothing but what the table says; \
but diskcache is told to evict nothing, and lmdb and lmdbm need a map that is large enough. \
Versions as above, and lmdbm {lmdbm}. What is "for comparison" among the targets shows \
how far anyone could get here: the driver alone, the bare system calls, a dict in memory.

Reads: everyone gives the value as it is at that moment, in a transaction of its own, but for \
"one old snapshot", which never sees a change. diskcache keeps an int as SQLite does, the others \
as a pickle. ZODB gives the object that it has in memory, and each read begins a transaction.

Durable sets: "flushed" says what is on the disk when a set returns; only "file" survives a power \
cut. sqlitedict sets synchronous=OFF, and has no way to turn it on. diskcache comes with NORMAL, \
which flushes at checkpoints only. shelve never flushes; without sync() a kill loses what was set, \
and with it dbm.dumb rewrites its index of all keys. LMDB flushes twice in a commit (its pages, \
then the page that names the new root), SQLite once (its log), ZODB once (its one file, which \
grows). The bare system calls write as much to the same places, and flush it alike: about \
the least that such a commit takes on this disk. What a kill would leave is opened at the \
end and must hold the last sets.

With threads: everyone as documented. lmdb, lmdbm, diskcache and sqlitedict share one object, \
ZODB has a connection for each thread; SQLite is shown with a connection for each thread, and with \
one for all behind a lock. shelve is left out: it is not made for that. The target is measured \
against the best of those that flush.

update(): into a new file each time, in the way documented for many: diskcache `transact()`, \
sqlitedict without autocommit, lmdbm `update()`, lmdb `putmulti()` and SQLite `executemany()` in \
one transaction, ZODB one commit. Those that take seconds run once.

Opening is timed together with a first read, since some put off what opening takes. shelve and \
ZODB are left out, since their files of so many keys take long to make; those of sqlitedict, \
diskcache and lmdbm are made from those of SQLite and lmdb, in the form that they have themselves.

Processes: four read as fast as they can, and a fifth, in the second row of each, sets one item \
after the other, without a pause. Times are of all reads together. With fewer CPUs than processes \
the writer also takes CPU time from the readers, which is no fault of what they read: "dict of \
pickles" shows how much, whose readers have nothing to do with the writer beside them. shelve, \
sqlitedict and ZODB (without its server) are left out: they are not made for several processes.
"""


def notes() -> str:
    """What to know about the peers, and about what is no fair comparison."""
    return _NOTES.format(lmdbm=metadata.version("lmdbm"))
