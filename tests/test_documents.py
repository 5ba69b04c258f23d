"""The documents: their code runs, their links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import outlive

ROOT = Path(__file__).parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def blocks(path: Path, language: str) -> list[str]:
    """The code blocks of a document in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)


def test_the_code_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every Python block runs, one after the other, and the files look as shown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTLIVE_HOME", str(tmp_path / "home"))
    python, shown = blocks(ROOT / "README.md", "python"), blocks(ROOT / "README.md", "json")
    assert len(python) >= 12
    names: dict[str, object] = {"__name__": "__main__"}
    exec(python[0], names)  # noqa: S102  # that is the test
    outlive.State.close(names.pop("state"))  # type: ignore[arg-type]  # the first block made it
    shown_yaml = blocks(ROOT / "README.md", "yaml")
    assert (tmp_path / "example.state").read_text() == shown_yaml[0]
    exec(python[1], {})  # noqa: S102  # "after two runs"
    for block in python:
        exec(compile(block, "README.md", "exec", dont_inherit=True), names)  # noqa: S102  # that is the test
    assert "Previous executions: ['20" in capsys.readouterr().out

    def pattern(text: str) -> str:
        return re.sub(r"\d", r"\\d", re.escape(text.strip()))

    assert re.fullmatch(pattern(shown[0]), (tmp_path / "runs.json").read_text())
    assert re.fullmatch(pattern(shown[1]), (tmp_path / "gathered.json").read_text())
    outlive.State.close(names["state"])  # type: ignore[arg-type]  # likewise
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("name", ["safe.md", "engines.md", "tables.md", "metakit.md"])
def test_the_code_of_the_docs_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every Python block of a document runs, one after the other."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(ROOT / "docs" / name, "python"):
        exec(compile(block, name, "exec", dont_inherit=True), names)  # noqa: S102  # that is the test
    assert len(names) > 3


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    """Every link to a file of this repository finds it."""
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
        assert (document.parent / link).exists(), link


def test_the_map_of_the_house_is_complete() -> None:
    """CONTRIBUTING.md names every module of the package."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for path in (ROOT / "src" / "outlive").rglob("*.py"):
        if path.parent.name == "compat" or path.name == "__init__.py":
            continue
        assert f" {path.name} " in text, path.name


@pytest.mark.parametrize(("name", "what"), [("store.md", outlive.open), ("safe.md", outlive.Safe)])
def test_the_arguments_are_documented(name: str, what: Callable[..., object]) -> None:
    """The document shows every argument with its default."""
    import inspect

    text = re.sub(r"\s+", " ", (ROOT / "docs" / name).read_text())
    for parameter in inspect.signature(what).parameters.values():
        default = parameter.default
        shown = f"{default!r}".replace("'", '"')
        word = parameter.name if default is parameter.empty else f"{parameter.name}={shown}"
        assert word in text, word
