"""Finders that use phonenumbers and detect-secrets, if the extra `privacy` is installed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

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
"""Countries whose national telephone format is recognised. More: slower, and more false matches."""
_SUBTRACTION = re.compile(r"\d+(?:\s?-\s?\d+)?")
"""Two numbers with a minus between them, or one number."""
_FEWEST_DIGITS = 7
"""Pattern of a text that may contain a telephone number."""


@dataclass(frozen=True)
class LibraryFinder:
    """A finder that calls a library."""

    kind: MaskKind
    label: str
    find: Callable[[str], Iterable[tuple[int, int]]]

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """The (start, end) indices of what the library finds in a plain text; `end` is
        exclusive."""
        yield from self.find(text)


def library_finders() -> tuple[AnyFinder, ...]:
    """A finder for each installed library of the extra."""
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
    # Detectors that take a word or any random text for a secret are left out: tasks are full of
    # words.
    from detect_secrets.plugins.artifactory import ArtifactoryDetector
    from detect_secrets.plugins.aws import AWSKeyDetector
    from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
    from detect_secrets.plugins.basic_auth import BasicAuthDetector
    from detect_secrets.plugins.cloudant import CloudantDetector
    from detect_secrets.plugins.discord import DiscordBotTokenDetector
    from detect_secrets.plugins.github_token import GitHubTokenDetector
    from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
    from detect_secrets.plugins.ibm_cloud_iam import IbmCloudIamDetector
    from detect_secrets.plugins.ibm_cos_hmac import IbmCosHmacDetector
    from detect_secrets.plugins.mailchimp import MailchimpDetector
    from detect_secrets.plugins.npm import NpmDetector
    from detect_secrets.plugins.openai import OpenAIDetector
    from detect_secrets.plugins.pypi_token import PypiTokenDetector
    from detect_secrets.plugins.sendgrid import SendGridDetector
    from detect_secrets.plugins.slack import SlackDetector
    from detect_secrets.plugins.softlayer import SoftlayerDetector
    from detect_secrets.plugins.square_oauth import SquareOAuthDetector
    from detect_secrets.plugins.stripe import StripeDetector
    from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
    from detect_secrets.plugins.twilio import TwilioKeyDetector

    plugins = [
        make()
        for make in (
            ArtifactoryDetector,
            AWSKeyDetector,
            AzureStorageKeyDetector,
            BasicAuthDetector,
            CloudantDetector,
            DiscordBotTokenDetector,
            GitHubTokenDetector,
            GitLabTokenDetector,
            IbmCloudIamDetector,
            IbmCosHmacDetector,
            MailchimpDetector,
            NpmDetector,
            OpenAIDetector,
            PypiTokenDetector,
            SendGridDetector,
            SlackDetector,
            SoftlayerDetector,
            SquareOAuthDetector,
            StripeDetector,
            TelegramBotTokenDetector,
            TwilioKeyDetector,
        )
    ]

    def find(text: str) -> Iterator[tuple[int, int]]:
        for plugin in plugins:
            for secret in plugin.analyze_string(text):
                start = text.find(secret) if secret else -1
                if start >= 0:
                    yield start, start + len(secret)

    return find
