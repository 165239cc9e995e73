"""Every error of tinyArms, in one tree. Each says what, where and what to do."""

from __future__ import annotations


class TinyArmsError(Exception):
    """Base of all errors. `message` says what happened and where, `hint` what to do."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(TinyArmsError):
    """The command or call was wrong in itself: unknown name, wrong type, missing argument."""

    exit_code = 2


class ConfigError(TinyArmsError):
    """`config.yaml`, `config/constants.yaml` or a file they name cannot be used."""


class PromptError(TinyArmsError):
    """A prompt file or template is broken, or names a variable the skill does not have."""


class ExampleError(TinyArmsError):
    """An examples file is missing, empty or has a broken row."""


class NotEvolvable(TinyArmsError):
    """The skill is declared `evolvable: false`, or has nothing to evolve on."""


class ContractViolation(TinyArmsError):
    """A model's output does not keep the skill's output contract."""


class ModelError(TinyArmsError):
    """A language model could not answer."""


class ModelUnavailable(ModelError):
    """The server cannot be reached, died, or does not have the model."""


class ModelTimeout(ModelError):
    """No answer within the time limit."""


class ModelBusy(ModelError):
    """The server refuses for now (HTTP 429 or 503), after all retries."""


class ModelRejected(ModelError):
    """The server refuses this request for good (HTTP 4xx)."""


class BadReply(ModelError):
    """The server answered with something that is no completion."""


class StoreError(TinyArmsError):
    """The database or a file of the project cannot be read or written."""


class LeaseHeld(StoreError):
    """Another process is working on this skill."""


class ConflictError(StoreError):
    """The ground moved: what was to be changed is no longer what it was."""


class ExperimentError(TinyArmsError):
    """A ballot, vote or experiment does not exist, or is not in the needed state."""


class ServiceError(TinyArmsError):
    """The system's service manager is not there, cannot be reached or refuses."""
