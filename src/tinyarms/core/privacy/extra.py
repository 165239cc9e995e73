"""What phonenumbers and detect-secrets find besides, where the extra `privacy` is installed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module

from tinyarms.core.privacy.finder import AnyFinder, MaskKind

_REGIONS = (
    "US",
    "GB",
    "DE",
    "FR",
    "ES",
    "IT",
    "NL",
    "PL",
    "BR",
    "MX",
    "IN",
    "ID",
    "JP",
    "KR",
    "TR",
)
"""Countries whose national way of writing a number is looked for. More: slower, and more numbers
that are none."""
_PLUGINS = {
    "artifactory": "ArtifactoryDetector",
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "basic_auth": "BasicAuthDetector",
    "cloudant": "CloudantDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "ibm_cloud_iam": "IbmCloudIamDetector",
    "ibm_cos_hmac": "IbmCosHmacDetector",
    "mailchimp": "MailchimpDetector",
    "npm": "NpmDetector",
    "openai": "OpenAIDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "softlayer": "SoftlayerDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
    "telegram_token": "TelegramBotTokenDetector",
    "twilio": "TwilioKeyDetector",
}
"""Modules of detect_secrets.plugins and their detectors. Left out are those that take a word or any
random text for a secret: tasks are full of words."""
_SUBTRACTION = re.compile(r"\d+(?:\s?-\s?\d+)?")
"""Two numbers with a minus, or one number."""
_FEWEST_DIGITS = 7
"""Of a text that is worth looking for a telephone number in."""


@dataclass(frozen=True)
class LibraryFinder:
    """A finder that asks a library."""

    kind: MaskKind
    label: str
    find: Callable[[str], Iterable[tuple[int, int]]]

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the library finds something in a plain text, as first index and the one after."""
        yield from self.find(text)


def library_finders() -> tuple[AnyFinder, ...]:
    """One for each library of the extra that is installed."""
    finders: list[AnyFinder] = []
    with suppress(ImportError):
        finders.append(LibraryFinder("contact", "phone", _phone_numbers()))
    with suppress(ImportError):
        finders.append(LibraryFinder("secrets", "key", _secrets()))
    return tuple(finders)


def _phone_numbers() -> Callable[[str], Iterator[tuple[int, int]]]:
    from phonenumbers import Leniency, PhoneNumberMatcher

    def find(text: str) -> Iterator[tuple[int, int]]:
        if sum(char.isdecimal() for char in text) < _FEWEST_DIGITS:
            return
        for region in _REGIONS:
            for match in PhoneNumberMatcher(text, region, leniency=Leniency.STRICT_GROUPING):
                if _SUBTRACTION.fullmatch(match.raw_string) is None:
                    yield match.start, match.end

    return find


def _secrets() -> Callable[[str], Iterator[tuple[int, int]]]:
    plugins = [
        getattr(import_module(f"detect_secrets.plugins.{module}"), name)()
        for module, name in _PLUGINS.items()
    ]

    def find(text: str) -> Iterator[tuple[int, int]]:
        for plugin in plugins:
            for secret in plugin.analyze_string(text):
                start = text.find(secret) if secret else -1
                if start >= 0:
                    yield start, start + len(secret)

    return find
