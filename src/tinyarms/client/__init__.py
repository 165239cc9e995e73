"""The client of `tinyarms serve`, for programs on other machines. It needs httpx2 and pydantic."""

from tinyarms.client.answers import (
    Ballot,
    BallotOption,
    Ran,
    Reported,
    ServedDemonstration,
    ServedPrompt,
)
from tinyarms.client.client import Client

__all__ = [
    "Ballot",
    "BallotOption",
    "Client",
    "Ran",
    "Reported",
    "ServedDemonstration",
    "ServedPrompt",
]
