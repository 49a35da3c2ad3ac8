"""Every scenario that every official SDK must pass, by id: SCENARIOS."""

from . import clients, namespaces, queries, refusals, writes  # noqa: F401
from .table import SCENARIOS

__all__ = ["SCENARIOS"]
