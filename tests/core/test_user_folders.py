from pathlib import Path

import pytest

from tinyarms.core.user_folders import user_folder


@pytest.mark.parametrize(
    ("system", "kind", "folder"),
    [
        ("linux", "cache", ".cache/tinyarms"),
        ("linux", "config", ".config/tinyarms"),
        ("linux", "data", ".local/share/tinyarms"),
        ("darwin", "cache", "Library/Caches/tinyarms"),
        ("darwin", "config", "Library/Application Support/tinyarms"),
        ("darwin", "data", "Library/Application Support/tinyarms"),
    ],
)
def test_each_system_has_its_folders(monkeypatch, system, kind, folder):
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.delenv(f"XDG_{kind.upper()}_HOME", raising=False)
    assert user_folder(kind, "tinyarms") == Path("/home/ada", folder)


@pytest.mark.parametrize("kind", ["cache", "config", "data"])
def test_the_environment_sets_the_folder_above(monkeypatch, kind):
    monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", "/elsewhere")
    assert user_folder(kind, "tinyarms") == Path("/elsewhere/tinyarms")
