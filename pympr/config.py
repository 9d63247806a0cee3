"""Settings, read from the environment once, the same on every rank."""

import os
from dataclasses import dataclass, field, fields


def _text(name: str, default: str) -> str:
    return os.environ.get(name, default)


_UNITS = {"k": 10, "m": 20, "g": 30, "t": 40}


def bytes_of(text: str, name: str) -> int:
    """A number of bytes, or of KiB, MiB, GiB or TiB with k, m, g or t behind it, as Spark writes sizes.

    >>> bytes_of("512m", "spark.executor.memory"), bytes_of("2GB", "it"), bytes_of("1000", "it")
    (536870912, 2147483648, 1000)
    """
    told = text.strip().lower()
    number = told.removesuffix("b").removesuffix("i")
    shift = _UNITS.get(number[-1:], 0)
    try:
        return int(float(number[:-1] if shift else number) * (1 << shift))
    except (ValueError, OverflowError):
        raise ValueError(f"{name} must be a number of bytes like 2g or 512m, got {text!r}") from None


def _number(name: str, default: float) -> float:
    text = os.environ.get(name)
    if text is None:
        return default
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{name} must be a number, got {text!r}") from None


def truth_of(text: str, name: str) -> bool:
    """Whether a setting is on: true, 1, on, yes, or false, 0, off, no; ValueError for anything else.

    >>> truth_of("True", "it"), truth_of("0", "it")
    (True, False)
    """
    told = text.strip().lower()
    if told in ("1", "true", "on", "yes"):
        return True
    if told in ("", "0", "false", "off", "no"):
        return False
    raise ValueError(f"{name} must be true or false, got {text!r}")


def _truth(name: str) -> bool:
    return truth_of(_text(name, ""), name)


@dataclass(frozen=True)
class Config:
    """Frozen settings; every field names its environment variable.

    >>> Config().key_groups
    4096
    """

    hash_seed: int = field(default_factory=lambda: int(_number("PYMPR_HASH_SEED", 0x5EED)))
    key_groups: int = field(default_factory=lambda: int(_number("PYMPR_KEY_GROUPS", 4096)))
    split_bytes: int = field(default_factory=lambda: int(_number("PYMPR_SPLIT_BYTES", 64 << 20)))
    read_bytes: int = field(default_factory=lambda: int(_number("PYMPR_READ_BYTES", 1 << 20)))
    fetch_bytes: int = field(default_factory=lambda: int(_number("PYMPR_FETCH_BYTES", 8 << 20)))
    block_records: int = field(default_factory=lambda: int(_number("PYMPR_BLOCK_RECORDS", 16384)))
    keep_bytes: int = field(default_factory=lambda: int(_number("PYMPR_KEEP_BYTES", 0)))
    memory_bytes: int = field(default_factory=lambda: bytes_of(_text("PYMPR_MEMORY_BYTES", "0"), "PYMPR_MEMORY_BYTES"))
    scratch_dir: str = field(default_factory=lambda: _text("PYMPR_SCRATCH_DIR", ""))
    exchange: str = field(default_factory=lambda: _text("PYMPR_EXCHANGE", "auto"))
    round_bytes: int = field(default_factory=lambda: int(_number("PYMPR_ROUND_BYTES", 64 << 20)))
    broadcast_bytes: int = field(
        default_factory=lambda: bytes_of(_text("PYMPR_BROADCAST_BYTES", "10m"), "PYMPR_BROADCAST_BYTES")
    )
    ranks_per_node: int = field(default_factory=lambda: int(_number("PYMPR_RANKS_PER_NODE", 0)))
    reproducible: bool = field(default_factory=lambda: _truth("PYMPR_REPRODUCIBLE"))
    verify: bool = field(default_factory=lambda: _truth("PYMPR_VERIFY"))
    warn_seconds: float = field(default_factory=lambda: _number("PYMPR_WARN_SECONDS", 30.0))
    hang_seconds: float = field(default_factory=lambda: _number("PYMPR_HANG_SECONDS", 300.0))
    run_dir: str = field(default_factory=lambda: _text("PYMPR_RUN_DIR", ""))

    def __post_init__(self) -> None:
        for name in ("key_groups", "split_bytes", "read_bytes", "fetch_bytes", "block_records", "round_bytes"):
            if getattr(self, name) < 1:
                raise ValueError(f"PYMPR_{name.upper()} must be positive, got {getattr(self, name)}")
        if self.memory_bytes < 0:
            raise ValueError(f"PYMPR_MEMORY_BYTES must not be negative, got {self.memory_bytes}")
        if self.key_groups & (self.key_groups - 1):
            raise ValueError(f"PYMPR_KEY_GROUPS must be a power of two, got {self.key_groups}")

    def shared(self) -> str:
        """What must be the same on every rank, as text: all but the watchdog's patience and places on a node."""
        own = ("warn_seconds", "hang_seconds", "run_dir", "scratch_dir")
        return "\n".join(f"{item.name}={getattr(self, item.name)}" for item in fields(self) if item.name not in own)

    def __str__(self) -> str:
        return ", ".join(f"{item.name}={getattr(self, item.name)}" for item in fields(self))
