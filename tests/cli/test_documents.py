"""The pages of the command: their examples print what they show, and nothing is missing."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from outlive import FormatError
from outlive.cli.main import COMMANDS
from outlive.cli.main import outlive as group
from outlive.cli.values import read

from .prompt import PAGES, examples, is_filled, prompt, same_each_time

README = PAGES.parent.parent / "README.md"
INDEX = PAGES / "README.md"
SESSION = PAGES / "session.md"
_OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


def command(name: str) -> click.Command:
    """The command of that name."""
    found = group.get_command(click.Context(group), name)
    assert found is not None
    return found


def options(given: click.Command) -> set[str]:
    """The options of a command, in all their spellings."""
    return {
        each for param in given.params if isinstance(param, click.Option) for each in param.opts
    }


@pytest.mark.parametrize("page", [*PAGES.glob("[a-z]*.md"), README], ids=lambda page: page.stem)
def test_the_examples_print_what_they_show(page: Path, tmp_path: Path) -> None:
    """Each command of a page, typed at a prompt, prints what stands below it."""
    found = examples(page.read_text())
    with prompt(tmp_path, is_filled=is_filled(page)) as shell:
        for each in found:
            printed = shell.run(each.command, each.answers)
            assert same_each_time(printed) == same_each_time(each.printed), each.command


def test_every_command_has_its_page() -> None:
    """There is a page for each command and no other, and the index leads to all of them."""
    names = {page.stem for page in PAGES.glob("*.md")} - {"README", "session"}
    assert names == set(COMMANDS)
    text = INDEX.read_text()
    for name in [*names, "session"]:
        assert f"]({name}.md)" in text, name


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_option_is_on_its_page(name: str) -> None:
    """The table of a page has all options of its command, with their choices, and no other."""
    text = (PAGES / f"{name}.md").read_text()
    rows = re.findall(r"^\| (`-.*?`) \| (.*) \|$", text, re.MULTILINE)
    shown = " ".join(first for first, _ in rows)
    assert set(_OPTION.findall(shown)) == options(command(name))
    for param in command(name).params:
        if isinstance(param, click.Option) and isinstance(param.type, click.Choice):
            (row,) = (" ".join(row) for row in rows if param.opts[0] in row[0])
            for choice in param.type.choices:
                assert re.search(rf"\b{choice}\b", row), f"{param.opts[0]} {choice}"


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_page_has_an_example(name: str) -> None:
    """It calls the command, as a person would."""
    typed = [each.command for each in examples((PAGES / f"{name}.md").read_text())]
    assert any(f"outlive {name} " in each for each in typed)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_page_says_how_to_call_it(name: str) -> None:
    """A page begins with the arguments of its command, in their order."""
    words = [each for each in command(name).params if isinstance(each, click.Argument)]
    shown = [each.human_readable_name.upper() for each in words]
    shown = [
        word if each.required else f"[{word}]" for word, each in zip(shown, words, strict=True)
    ]
    text = (PAGES / f"{name}.md").read_text()
    assert text.startswith(
        f"# `outlive {name}`\n\n    outlive {' '.join([name, '[OPTIONS]', *shown])}\n"
    )


def test_the_session_shows_every_kind() -> None:
    """The session works on a State, a Store, a Safe and a Storage, with most commands."""
    typed = "".join(each.command for each in examples(SESSION.read_text()))
    assert all(word in typed for word in ("jobs.state", "settings.yaml", "jobs.safe", "people.db"))
    assert set(re.findall(r"\boutlive ([a-z]+)", typed)) >= set(COMMANDS)


def test_the_index_has_what_all_commands_share() -> None:
    """Exit codes, the options of the group, the shells, and NO_COLOR are in the index."""
    text = INDEX.read_text()
    for each in options(group) | {"-h", "--help", "NO_COLOR", "bash", "zsh", "fish"}:
        assert f"{each}" in text
    for code in re.findall(r"^  (\d+)[ +]", group.epilog or "", re.MULTILINE):
        assert re.search(rf"^\| {code}\b", text, re.MULTILINE), code


def test_the_index_has_every_form_of_a_value() -> None:
    """Each `$` form that JSON stands for is explained."""
    with pytest.raises(FormatError) as error:
        read('{"$nothing": 1}')
    forms = set(re.findall(r"\$[a-z]+", str(error.value))) - {"$nothing"}
    assert len(forms) > 10
    for each in forms:
        assert f'{{"{each}": ' in INDEX.read_text(), each
