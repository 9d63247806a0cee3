"""pympr: data-parallel programming models on plain MPI ranks."""

__version__ = "0.1.0"
