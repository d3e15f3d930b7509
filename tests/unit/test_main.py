"""One name for every command."""

import importlib.util

import pytest

from serving_kit.__main__ import COMMANDS, main


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_a_module_of_its_own_too(name: str) -> None:
    assert importlib.util.find_spec(f"serving_kit.{name}.__main__")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_without_a_command_it_says_what_there_is(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert all(f"  {name} " in printed for name in COMMANDS)


def test_a_command_that_there_is_not_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serv"]) == 2
    assert "no command 'serv'; use one of serve, pipeline, convert" in capsys.readouterr().err


def test_what_follows_the_name_is_the_commands_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "start"]) == 2
    assert "--model is missing" in capsys.readouterr().err
