"""Every error of tinyArms, in one tree. Each says what happened, where, and what to do."""

from __future__ import annotations

import re
from typing import Literal


class TinyArmsError(Exception):
    """The base of all errors. `message` says what happened and where, `hint` what to do."""

    exit_code = 1
    """The exit status of the command line after this error."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    @property
    def kind(self) -> str:
        """The kind of error for programs, such as `model_unavailable`."""
        return error_kind(next(base for base in type(self).__mro__ if base.__module__ == __name__))


def error_kind(error: type[BaseException]) -> str:
    """The name of a class of this tree, as `--json` prints it."""
    words = re.sub(r"(?<!^)(?=[A-Z])", "_", error.__name__).lower()
    return words.removesuffix("_error").replace("tiny_arms", "error")


class UsageError(TinyArmsError):
    """The command or call is wrong: an unknown name, a wrong type, a missing argument."""

    exit_code = 2


class PictureError(UsageError):
    """A picture that somebody gave cannot be opened or read, or is not there any more."""


class ConfigError(TinyArmsError):
    """`config.yaml`, `config/constants.yaml` or a file that they name cannot be used."""

    def __init__(self, message: str, hint: str = "", skill: str | None = None) -> None:
        super().__init__(message, hint)
        self.skill = skill
        """The only skill that cannot be used; `None`: it concerns more, or that is not known."""


class PromptError(TinyArmsError):
    """A prompt file or template is broken, or names a variable that the skill does not have."""


class ExampleError(TinyArmsError):
    """An examples file is missing, empty or has a broken row."""


class ImportRefused(TinyArmsError):
    """Files of another tool cannot be imported: broken, too large, or outside of their folder."""


class NotEvolvable(TinyArmsError):
    """The skill is declared `evolvable: false`, or has no examples to evolve on."""


class ContractViolation(TinyArmsError):
    """A model's output does not keep the skill's output contract."""


Concerns = Literal["call", "input", "server"]
"""What a model's failure affects: only this call, its input (too long, so it always fails), or the
server (every call fails until somebody repairs it)."""


class ModelError(TinyArmsError):
    """A language model could not answer. A failed call gives neither an output nor a score.

    `concerns` says what the failure affects, and so what may still succeed.
    """

    concerns: Concerns = "call"

    def __init__(self, message: str, hint: str = "", concerns: Concerns | None = None) -> None:
        super().__init__(message, hint)
        if concerns is not None:
            self.concerns = concerns


class ModelUnavailable(ModelError):
    """The server cannot be reached, died, or does not have the model."""

    concerns: Concerns = "server"


class GateInterrupted(ModelUnavailable):
    """Too many calls of an offline gate failed. The next run resumes the gate where it stopped."""


class ModelTimeout(ModelError):
    """The server did not answer within the time limit."""


class ModelBusy(ModelError):
    """The server still refuses after all retries, because it is busy (HTTP 429 or 503)."""


class ModelRejected(ModelError):
    """The server rejects this request (HTTP 4xx), so a retry is useless."""


class CallStopped(ModelError):
    """The call was stopped from this side. That says nothing about the server."""


class BadReply(ModelError):
    """The server's answer is not a completion."""


class NotScored(TinyArmsError):
    """A scorer returned no score in [0, 1]. This does not count as a score of 0."""


class CheckTimeout(ContractViolation, NotScored):
    """A pattern or JSON schema takes too long on an output, so whether it fits is not known.

    A contract counts the output as a violation, for nothing shows that it keeps the contract. A
    scorer counts it as not scored.
    """


class StoreError(TinyArmsError):
    """The database or a file of the project cannot be read or written."""


class DatabaseDamaged(StoreError):
    """The database file is damaged, or is no database."""


class NewerSchema(StoreError):
    """A newer tinyArms has upgraded the database. Trying again does not help, so a service that
    ends with it is not started again."""

    exit_code = 2


class UnwritableFiles(StoreError):
    """The prompt file or `config.yaml` cannot be written, so a release does not happen now."""


class LeaseHeld(StoreError):
    """Another process is working on this skill."""


class LeaseLost(StoreError):
    """This process no longer works on the skill: it did not answer for too long, and another one
    has taken over, or a user was forgotten whose texts it had."""


class ConflictError(StoreError):
    """Somebody else changed the same thing first."""


class ExperimentError(TinyArmsError):
    """A ballot, vote or live test does not exist, or is not in the required state."""


class ApprovalRequired(TinyArmsError):
    """`approval: required`: nobody has approved this prompt, so it does not go into production."""


class ServiceError(TinyArmsError):
    """The system's service manager is missing, cannot be reached or refuses."""


class ServiceAway(TinyArmsError):
    """`tinyarms serve` cannot be reached, or cannot answer now (`tinyarms.client`)."""
