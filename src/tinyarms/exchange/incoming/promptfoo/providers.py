"""The providers of a promptfoo config as models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tinyarms.exchange.incoming.promptfoo.parts import Part
from tinyarms.exchange.incoming.promptfoo.references import kind_of, path_of
from tinyarms.exchange.incoming.records import FoundModel, Listed


class _Api(NamedTuple):
    base_url: str
    key: str | None


_APIS: Mapping[str, _Api] = {
    "openai": _Api("https://api.openai.com/v1", "OPENAI_API_KEY"),
    "anthropic": _Api("https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    "openrouter": _Api("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "groq": _Api("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "mistral": _Api("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "deepseek": _Api("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    "togetherai": _Api("https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "xai": _Api("https://api.x.ai/v1", "XAI_API_KEY"),
    "cerebras": _Api("https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
    "fireworks": _Api("https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    "perplexity": _Api("https://api.perplexity.ai", "PERPLEXITY_API_KEY"),
    "google": _Api("https://generativelanguage.googleapis.com/v1beta/openai", "GOOGLE_API_KEY"),
    "localai": _Api("http://localhost:8080/v1", None),
    "llama": _Api("http://localhost:8080/v1", None),
    "vllm": _Api("http://localhost:8000/v1", None),
}
"""Prefix of a provider → the address of its OpenAI-compatible API, and the variable of its key."""
_MODES = frozenset({"chat", "completion", "responses", "messages"})
_ADDRESSES = ("apiBaseUrl", "baseUrl", "apiHost", "base_url")
_KEYS = frozenset({*_ADDRESSES, "apiKey", "apiKeyEnvar", "response_format"})


@dataclass(frozen=True)
class Provider:
    """A provider as it is written."""

    id: str
    where: str
    config: Part | None = None


def providers(part: Part | None, chain: tuple[Path, ...] = ()) -> Iterator[Provider]:
    """The providers of `providers:`, of one provider, or of a file that it names.

    `chain`: the files that led here. Raises `ImportRefused`.
    """
    for each in [] if part is None else part.each():
        if each.is_map:
            yield _of_mapping(each)
        elif kind_of(each.text) == "file":
            source = each.files.source
            path = source.find(path_of(each.text), each.folder, each.where)
            after = each.files.follow(path, chain or (each.file,), each.where)
            yield from providers(each.files.root(path), after)
        elif each.text:
            yield Provider(each.text, each.where)


def _of_mapping(part: Part) -> Provider:
    keys = part.keys()
    id = part.get("id")
    if id is not None and id.text:
        return Provider(id.text, part.where, part.get("config"))
    if len(keys) == 1:
        inner = part.get(keys[0])
        return Provider(keys[0], part.where, None if inner is None else inner.get("config"))
    return Provider("", part.where)


def model_of(provider: Provider) -> Iterator[FoundModel | Listed]:
    """The model of a provider, and what of it is not carried over."""
    kind = kind_of(provider.id)
    name, what = provider.id, f"the model {provider.id or '(without an id)'}"
    if kind == "code" or not name:
        yield Listed(provider.where, what, "code is not run" if name else "it has no id")
        return
    if kind in ("remote", "file"):
        yield Listed(provider.where, what, "an address of one's own is not called")
        return
    prefix, _, rest = name.partition(":")
    mode, colon, model = rest.partition(":")
    if not colon or mode not in _MODES:
        model = rest
    address = _address(provider.config)
    listed = _unusable(prefix, mode, model, address)
    if listed is not None:
        yield Listed(provider.where, what, listed)
        return
    yield from _options(provider)
    if prefix == "ollama":
        yield FoundModel(name, provider.where, "ollama", model, address)
        return
    api = _APIS[prefix]
    key = provider.config.get("apiKeyEnvar") if provider.config is not None else None
    yield FoundModel(
        name,
        provider.where,
        "openai",
        model or prefix,
        address or api.base_url,
        key.text if key is not None else None if address else api.key,
    )


def _unusable(prefix: str, mode: str, model: str, address: str | None) -> str | None:
    """Why it is no model that can be declared; `None`: it is one."""
    if prefix != "ollama" and prefix not in _APIS:
        return "it has no OpenAI-compatible API that is known here"
    if mode in ("embedding", "embeddings", "image", "moderation", "realtime", "assistant"):
        return "it writes no text"
    if not model and prefix != "llama":
        return "it names no model"
    if "{{" in model or (address is not None and "{{" in address):
        return "it is filled from the environment, which is not read"
    return None


def _address(config: Part | None) -> str | None:
    for key in _ADDRESSES:
        part = None if config is None else config.get(key)
        if part is not None and part.text:
            text = part.text.rstrip("/")
            return text if "://" in text else f"https://{text}/v1"
    return None


def _options(provider: Provider) -> Iterator[Listed]:
    config = provider.config
    if config is None:
        return
    others = [key for key, _ in config.items() if key not in _KEYS]
    if others:
        what = f"options of {provider.id} ({', '.join(others)})"
        yield Listed(config.where, what, "models are asked at temperature 0, with their contract")
    key = config.get("apiKey")
    if key is not None:
        yield Listed(key.where, f"the key of {provider.id}", "keys are read from the environment")
