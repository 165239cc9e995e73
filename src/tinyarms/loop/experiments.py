"""The live test of an evolution session: start it, ask users, take their votes, end it."""

from tinyarms.loop.ballots import next_ballot, next_of_all, prepare_ballot
from tinyarms.loop.beginning import start_experiment
from tinyarms.loop.conclusions import cancel, conclude, conclude_due
from tinyarms.loop.votes import vote

__all__ = [
    "cancel",
    "conclude",
    "conclude_due",
    "next_ballot",
    "next_of_all",
    "prepare_ballot",
    "start_experiment",
    "vote",
]
