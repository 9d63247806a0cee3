"""StorageLevel, where PySpark has it."""

from pympr.plan.storage import StorageLevel

__all__ = ["StorageLevel"]
