"""What the tests of recipes compare and look up: a line that is not there must be noticed."""

from pathlib import Path

import pytest

from tests.recipes.shell import absent_lines, find_recipes, missing_packages, run_commands


def write_readme(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "README.md").write_text(text, encoding="utf-8")
    return folder


def test_shown_lines_are_found_among_others_in_order() -> None:
    printed = "warning: clock\nprice: 18.9\ntook 12 us\nrefused: 400\n"
    assert absent_lines(["price: 18.9", "took … us", "refused: 400"], printed) == []


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        (["price: 18.9"], "price: 18.90\n"),
        (["price: …"], "the price: 18.9\n"),
        (["a.c"], "abc\n"),
        (["two"], ""),
    ],
)
def test_a_line_that_was_not_printed_is_named(shown: list[str], printed: str) -> None:
    assert absent_lines(shown, printed) == shown


def test_lines_in_another_order_are_absent() -> None:
    assert absent_lines(["one", "two"], "two\none\n") == ["two"]


def test_each_shown_line_needs_a_line_of_its_own() -> None:
    assert absent_lines(["same", "same"], "same\n") == ["same"]


def test_a_package_that_is_not_installed_is_named(tmp_path: Path) -> None:
    console = "```console\n$ apt-get install --yes dpkg \\\n    no-such-package\n$ other command\n```\n"
    assert missing_packages(write_readme(tmp_path / "r", console)) == ["no-such-package"]


def test_a_readme_must_say_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="must say what to `apt-get install`"):
        missing_packages(write_readme(tmp_path / "r", "```console\n$ ls\n```\n"))


def test_a_command_that_fails_is_told_with_what_it_printed(tmp_path: Path) -> None:
    recipe = write_readme(tmp_path / "r", "```sh\necho before\nfalse\necho after\n```\n")
    (tmp_path / "copy").mkdir()
    with pytest.raises(AssertionError, match="before\n") as told:
        run_commands(recipe, tmp_path / "copy")
    assert "after" not in str(told.value)


def test_commands_see_variables_and_stand_in_a_copy(tmp_path: Path) -> None:
    recipe = write_readme(tmp_path / "r", '```sh\necho "$PORT" > left\ncat left README.md\n```\n')
    (tmp_path / "copy").mkdir()
    assert run_commands(recipe, tmp_path / "copy", PORT="9393").startswith("9393\n```sh\n")
    assert [path.name for path in recipe.iterdir()] == ["README.md"]


def test_recipes_are_found_by_name() -> None:
    assert [recipe.name for recipe in find_recipes("serve-*")] == ["serve-a-model"]
