"""The file below an aside may be changed by another program: nothing is lost, and it is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from outlive.engines import Engine, MemoryEngine
from outlive.errors import ClosedError, ConflictError, FormatError
from outlive.tables import Storage

ROWS = 50_000  # in several groups


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A main file with a table of many groups."""
    with Storage(tmp_path / "main.db", sync="os") as storage:
        storage.getas("t[a:I,b:I]").extend({"a": np.arange(ROWS), "b": np.arange(ROWS)})
        storage.commit()
    return tmp_path / "main.db"


def change(path: Path) -> None:
    """What another program does to the main file."""
    with Storage(path, sync="os") as storage:
        table = storage["t"]
        table[0].a = 777
        del table[20_000:20_100]
        storage.commit()


def test_a_main_that_moved_before_the_aside_came(path: Path, tmp_path: Path) -> None:
    """The aside is put on the commit that the storage shows then, and all of it is read again."""
    main, other = Storage(path, mode="r"), Storage(tmp_path / "aside.db")
    assert main["t"][0].a == 0
    change(path)
    main.aside(other)
    assert (len(main["t"]), main["t"][0].a) == (ROWS - 100, 777)
    main["t"].append(a=-1)
    main.commit()
    main.close()
    other.close()
    with Storage(path, mode="r") as main, Storage(tmp_path / "aside.db", mode="r") as other:
        main.aside(other)
        assert (len(main["t"]), main["t"][0].a, main["t"][-1].a) == (ROWS - 99, 777, -1)


def test_a_main_that_moves_below_an_aside(path: Path, tmp_path: Path) -> None:
    """No later commit is acknowledged, nobody reads half of each, and what was committed stays."""
    before = tmp_path / "before.db"
    shutil.copy(path, before)
    main, other = Storage(path, mode="r"), Storage(tmp_path / "aside.db")
    main.aside(other)
    table = main["t"]
    table[40_000].a = -1
    main.commit()
    change(path)
    table[45_000].a = -2
    with pytest.raises(ConflictError, match=r"main\.db"):
        main.commit()
    with pytest.raises(ConflictError):
        main.refresh()
    try:
        seen = table.column("a")
    except ConflictError:
        pass
    else:
        wanted = np.arange(ROWS)
        wanted[[40_000, 45_000]] = -1, -2
        assert (seen == wanted).all()
    with pytest.raises(ConflictError, match=r"main\.db.*aside\.db"):
        main.rollback()
    main.close()
    other.close()
    reader, lower = Storage(path, mode="r"), Storage(tmp_path / "aside.db", mode="r")
    with reader, lower, pytest.raises(ConflictError, match="another state"):
        reader.aside(lower)
    shutil.copy(before, path)
    with Storage(path, mode="r") as main, Storage(tmp_path / "aside.db", mode="r") as other:
        main.aside(other)
        assert [main["t"][at].a for at in (0, 40_000, 45_000)] == [0, -1, 45_000]


def test_a_reader_of_an_aside_whose_main_moves(path: Path, tmp_path: Path) -> None:
    """It goes on with what it had, or is told; it never sees rows of the one and the other."""
    aside = tmp_path / "aside.db"
    with Storage(path, mode="r") as main, Storage(aside, sync="os") as other:
        main.aside(other)
        main["t"][40_000].a = -1
        main.commit()
        with Storage(path, mode="r") as reader, Storage(aside, mode="r") as lower:
            reader.aside(lower)
            assert reader["t"][5].a == 5
            change(path)
            with pytest.raises(ConflictError):
                reader.refresh()
            seen = reader["t"].column("a")
            assert (len(seen), seen[0], seen[40_000]) == (ROWS, 0, -1)


def merged(engine: Engine, upper: Engine) -> Storage:
    """A storage with an aside that has one change."""
    main = Storage(engine)
    main.aside(Storage(upper))
    main["t"].append(a=2)
    main.commit()
    return main


def test_a_merge_is_not_put_over_what_others_committed() -> None:
    """`commit(full=True)` raises ConflictError where the main file is not the aside's any more."""
    engine, upper = MemoryEngine("main"), MemoryEngine("aside")
    storage = Storage(engine)
    storage.getas("t[a:I]").append(a=1)
    storage.commit()
    main = merged(engine, upper)
    storage["t"].append(a=99)
    storage.commit()
    for _ in range(2):
        with pytest.raises(ConflictError):
            main.commit(full=True)
    assert [row.a for row in Storage(engine, mode="r")["t"]] == [1, 99]


def test_a_file_is_no_aside_of_itself(tmp_path: Path) -> None:
    """Under no name that it has; it can be opened by itself afterwards."""
    path = tmp_path / "a.db"
    Storage(path).close()
    (tmp_path / "link.db").symlink_to(path)
    for name in ("a.db", "link.db"):
        main, other = Storage(path, mode="r"), Storage(tmp_path / name)
        with main, other, pytest.raises(FormatError, match="its own aside"):
            main.aside(other)
    with Storage(path) as storage:
        storage.getas("t[a:I]").append(a=1)
        storage.commit()


def test_an_aside_of_one_new_storage_is_not_that_of_another(tmp_path: Path) -> None:
    """Storages without any commit are different ones, too."""
    for name in ("one.db", "two.db"):
        Storage(tmp_path / name).close()
    with Storage(tmp_path / "one.db", mode="r") as main, Storage(tmp_path / "aside.db") as other:
        main.aside(other)
        main.getas("t[a:I]").append(a=1)
        main.commit()
    for name in ("two.db", "three.db"):
        with Storage(tmp_path / name) as main, Storage(tmp_path / "aside.db") as other:
            with pytest.raises(ConflictError, match="another state"):
                main.aside(other)
            assert list(main) == []
    with Storage(tmp_path / "one.db") as main, Storage(tmp_path / "aside.db") as other:
        main.aside(other)
        assert main["t"][0].a == 1


def test_an_aside_is_given_back_when_its_main_is_closed(path: Path, tmp_path: Path) -> None:
    """It can be put on the main file again without being opened anew."""
    with Storage(tmp_path / "aside.db", sync="os") as other:
        for number in range(3):
            with Storage(path, mode="r") as main:
                main.aside(other)
                assert len(main["t"]) == ROWS + number
                main["t"].append(a=-1)
                main.commit()
        with Storage(path, sync="os") as main:
            main.aside(other)
            main.commit(full=True)
    with Storage(path, mode="r") as main:
        assert len(main["t"]) == ROWS + 3


def test_who_closes_an_aside_closes_its_main(path: Path, tmp_path: Path) -> None:
    """Views say which file was closed, and the main file can be opened for writing at once."""
    main, other = Storage(path), Storage(tmp_path / "aside.db")
    main.aside(other)
    table = main["t"]
    other.close()
    for use in (lambda: len(table), main.commit, lambda: main.rollback(full=True)):
        with pytest.raises(ClosedError, match=r"main\.db"):
            use()
    main.close()
    with Storage(path) as main, Storage(tmp_path / "aside.db"):
        assert main["t"][5].a == 5


def test_an_aside_that_was_forgotten_is_a_storage_again(path: Path, tmp_path: Path) -> None:
    """After `rollback(full=True)` either goes its own way."""
    with Storage(path) as main, Storage(tmp_path / "aside.db") as other:
        main.aside(other)
        main["t"].append(a=5)
        main.commit()
        main.rollback(full=True)
        other.getas("own[a:I]").append(a=1)
        other.commit()
        main["t"].append(a=6)
        main.commit()
    with Storage(tmp_path / "aside.db", mode="r") as other:
        assert other.description() == "own[a:I]"
