"""PySpark's RDD on MPI ranks."""

from pympr.rdd.rdd import RDD

__all__ = ["RDD"]
