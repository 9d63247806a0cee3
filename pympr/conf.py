"""Settings by name, as PySpark has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self


class SparkConf:
    """Names and values of settings.

    `spark.master`, `spark.app.name`, `spark.default.parallelism`, `spark.executor.memory` and
    `spark.local.dir` have an effect, the others are kept and can be read again. All ranks make the same.

    >>> conf = SparkConf().setMaster("local[2]").setAppName("My app")
    >>> conf.get("spark.master"), conf.contains("spark.home"), conf.get("spark.home", "none")
    ('local[2]', False, 'none')
    """

    def __init__(self, loadDefaults: bool = True, _jvm: Any = None, _jconf: Any = None) -> None:
        self._conf: dict[str, str] = {}

    def set(self, key: str, value: Any) -> Self:
        """Set a value."""
        self._conf[key] = str(value)
        return self

    def setIfMissing(self, key: str, value: Any) -> Self:
        """Set a value unless there is one."""
        if key not in self._conf:
            self.set(key, value)
        return self

    def setMaster(self, value: str) -> Self:
        """Set `spark.master`."""
        return self.set("spark.master", value)

    def setAppName(self, value: str) -> Self:
        """Set `spark.app.name`."""
        return self.set("spark.app.name", value)

    def setSparkHome(self, value: str) -> Self:
        """Set `spark.home`."""
        return self.set("spark.home", value)

    def setExecutorEnv(
        self, key: str | None = None, value: str | None = None, pairs: Iterable[tuple[str, str]] | None = None
    ) -> Self:
        """Set `spark.executorEnv.<key>` of one pair or of several; ValueError for both or none."""
        if (key is not None) == (pairs is not None):
            raise ValueError("Either pass one key-value pair or a list of pairs")
        for name, text in [(key, value)] if pairs is None else pairs:
            self.set(f"spark.executorEnv.{name}", text)
        return self

    def setAll(self, pairs: Iterable[tuple[str, str]]) -> Self:
        """Set several values."""
        for key, value in pairs:
            self.set(key, value)
        return self

    def get(self, key: str, defaultValue: str | None = None) -> str | None:
        """The value, or the default where there is none."""
        return self._conf.get(key, defaultValue)

    def getAll(self) -> list[tuple[str, str]]:
        """All names and values."""
        return list(self._conf.items())

    def contains(self, key: str) -> bool:
        """Whether there is a value."""
        return key in self._conf

    def toDebugString(self) -> str:
        """`name=value`, a line each, in the order of the names."""
        return "\n".join(f"{key}={value}" for key, value in sorted(self._conf.items()))
