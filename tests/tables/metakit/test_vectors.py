"""Files that the real Metakit wrote, each beside its content as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from outlive.tables.metakit import MetakitView, read

from .content import value

ROOT = Path(__file__).parents[3]
GIVEN = os.environ.get("OUTLIVE_METAKIT_VECTORS")
VECTORS = Path(GIVEN) if GIVEN else ROOT.parent / "shared" / "metakit" / "vectors"
NAMES = ["alltypes", "bytes", "empty", "intwidths", "multi", "nested", "strings"]


def as_json(view: MetakitView) -> dict[str, Any]:
    """A view as the JSON beside the file has it."""
    columns = [view.column(name) for name in view.names]
    rows = zip(*columns, strict=True) if columns else ([] for _ in range(len(view)))
    return {
        "props": [[field.name, field.type] for field in view.fields],
        "rows": [[cell(found) for found in row] for row in rows],
    }


def cell(found: Any) -> Any:
    """A cell as the JSON beside the file has it."""
    if isinstance(found, MetakitView):
        return as_json(found)
    return {"hex": found.hex()} if isinstance(found, bytes) else value(found)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_the_real_library(name: str) -> None:
    """Every cell is what Metakit says that it is, and so is the structure."""
    path = VECTORS / f"{name}.mk"
    if not path.exists():
        pytest.skip(f"Metakit's own files are not at {VECTORS}; set OUTLIVE_METAKIT_VECTORS")
    expected = json.loads(path.with_suffix(".json").read_text())
    file = read(path)
    assert file.description == expected["structure"]
    found = {name: as_json(view) for name, view in file.views.items()}
    assert found == expected["views"]


def test_all_files_are_known() -> None:
    """No file in the folder is left out."""
    if not VECTORS.exists():
        pytest.skip(f"Metakit's own files are not at {VECTORS}; set OUTLIVE_METAKIT_VECTORS")
    assert sorted(path.stem for path in VECTORS.glob("*.mk")) == NAMES
