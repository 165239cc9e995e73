"""Ctrl-C that has been reported already."""

from __future__ import annotations


class ReportedInterrupt(KeyboardInterrupt):
    """Ctrl-C after which a person has been told what is kept and how to resume."""
