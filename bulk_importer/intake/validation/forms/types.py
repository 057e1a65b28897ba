"""The type of types that are made at run time."""

from __future__ import annotations

from typing import Any, TypeAlias

__all__ = ["Form"]

Form: TypeAlias = Any
"""A type that exists only at run time has no static type, and neither has what is decoded into it."""
