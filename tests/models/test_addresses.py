from __future__ import annotations

import pytest
from pydantic import ValidationError

from tinyarms.core.settings import ModelSettings
from tinyarms.models.addresses import is_loopback, proxy_of, server_address
from tinyarms.models.registry import is_local


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://h:8000", "http://h:8000/v1"),
        ("http://h:8000/", "http://h:8000/v1"),
        ("http://h:8000/v1", "http://h:8000/v1"),
        ("http://h:8000/v1//", "http://h:8000/v1"),
        ("https://h/v1/chat/completions", "https://h/v1"),
        ("https://h/v1/completions", "https://h/v1"),
        ("https://ada:pw@h", "https://ada:pw@h/v1"),
        ("https://h/v1beta/openai/", "https://h/v1beta/openai"),
        ("http://[::1]:80", "http://[::1]:80/v1"),
    ],
)
def test_an_address_is_what_is_meant(written: str, meant: str) -> None:
    settings = ModelSettings(kind="openai", model="m", base_url=written)
    assert server_address(settings, {"OLLAMA_HOST": "x"}) == meant


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:5000", "http://127.0.0.1:5000/v1"),
        (":5000", "http://127.0.0.1:5000/v1"),
        ("[::]:5000", "http://127.0.0.1:5000/v1"),
        ("gpu.lan", "http://gpu.lan:11434/v1"),
        ("http://gpu.lan", "http://gpu.lan:80/v1"),
        ("https://gpu.lan/ollama/", "https://gpu.lan:443/ollama/v1"),
        (' "gpu.lan:1" ', "http://gpu.lan:1/v1"),
        ("gpu.lan:port", "http://127.0.0.1:11434/v1"),
    ],
)
def test_ollama_is_where_its_variable_says(host: str, address: str) -> None:
    settings = ModelSettings(kind="ollama", model="m")
    assert server_address(settings, {"OLLAMA_HOST": host}) == address
    assert is_local(settings, {"OLLAMA_HOST": host}) == ("127.0.0.1" in address)


@pytest.mark.parametrize(
    "written",
    [
        "localhost:8000",
        "not a url",
        "ftp://h/v1",
        "http://",
        "http://h:99999/v1",
        "http://h\n/v1",
        "",
    ],
)
def test_what_is_no_address_is_refused_with_what_to_write(written: str) -> None:
    with pytest.raises(ValidationError, match="write http://HOST:PORT/v1"):
        ModelSettings(kind="openai", model="m", base_url=written)


def test_all_of_127_is_this_machine() -> None:
    hosts = ["127.0.0.2", "::1", "LOCALHOST", "127.0.0.1.example.org", "10.0.0.1", None]
    assert [is_loopback(host) for host in hosts] == [True, True, True, False, False, False]


def test_a_proxy_is_named_by_its_variable_without_its_login(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert proxy_of("http://h/v1") is None
    monkeypatch.setenv("ALL_PROXY", "socks5://ada:pw@p:1")
    monkeypatch.setenv("NO_PROXY", "inside.lan")
    assert proxy_of("http://h/v1") == "ALL_PROXY (socks5://***@p:1)"
    assert proxy_of("http://inside.lan/v1") is None
