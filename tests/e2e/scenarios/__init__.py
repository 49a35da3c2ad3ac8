"""Every scenario that every official SDK must pass, by id: SCENARIOS."""

from . import (  # noqa: F401
    clients,
    conditions,
    namespaces,
    queries,
    rankings,
    refusals,
    relayed,
    writes,
)
from .table import SCENARIOS

__all__ = ["SCENARIOS"]
