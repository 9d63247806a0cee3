"""A web server's access log in the Combined Log Format."""

from pathlib import Path

import numpy as np

SEED = 21
LINES_A_CHUNK = 1 << 15
MINUTES = 1440
PATHS = 5000

DESKTOP = "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
PHONE = (
    "Mozilla/5.0 (Linux; Android {android}; {model}) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{version}.0.0.0 Mobile Safari/537.36"
)
SYSTEMS = ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64")
MODELS = ("SM-G991B", "Pixel 8", "SM-A546B", "M2101K6G")
ROBOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "curl/8.5.0",
    "-",
)
STATUSES = ("200", "200", "200", "200", "200", "304", "301", "404", "500")
REFERRERS = ("-", "-", "https://www.example.org/", "https://search.example.com/?q=weather+tomorrow")


def agents() -> tuple[list[str], np.ndarray]:
    """Give about 90 user agents and how likely each is; one request in five comes from a telephone."""
    desktop = [DESKTOP.format(system=s, version=v) for s in SYSTEMS for v in range(110, 126)]
    phones = [
        PHONE.format(android=a, model=m, version=v) for a in (12, 13, 14) for m in MODELS for v in (120, 124, 125)
    ]
    names = desktop + phones + list(ROBOTS)
    weight = np.concatenate([0.74 * share(len(desktop)), 0.20 * share(len(phones)), 0.06 * share(len(ROBOTS))])
    return names, weight


def share(count: int) -> np.ndarray:
    """Weights 1, 1/2, 1/3 ... that sum to one.

    >>> share(2)
    array([0.66666667, 0.33333333])
    """
    weight = 1.0 / np.arange(1, count + 1)
    return weight / weight.sum()


def write_weblog(path: Path, size_bytes: int) -> None:
    """Write whole lines until the file has at least `size_bytes`."""
    names, weight = agents()
    random = np.random.default_rng(SEED)
    heads = [f"10.{a}.{b}.{c} - - " for a, b, c in random.integers(0, 256, (4096, 3)).tolist()]
    pages = np.array(
        [f'"GET /{kind}/{i}.html HTTP/1.1" ' for i in range(PATHS // 2) for kind in ("item", "article/2026")]
    )
    times = [f"[12/Mar/2026:{m // 60:02d}:{m % 60:02d}:{m % 59:02d} +0000] " for m in range(MINUTES)]
    tails = [f'"{referrer}" "{name}"\n' for referrer in REFERRERS for name in names]
    tail_weight = np.concatenate([weight / len(REFERRERS)] * len(REFERRERS))
    written = 0
    with open(path, "wb") as file:
        while written < size_bytes:
            minute = written * MINUTES // size_bytes
            parts = (
                pick(random, heads),
                pick(random, times[minute : minute + 10]),
                pick(random, pages),
                pick(random, [f"{status} " for status in STATUSES]),
                pick(random, [f"{size} " for size in range(200, 60000, 37)]),
                pick(random, tails, tail_weight),
            )
            written += file.write("".join(map("".join, zip(*parts))).encode())


def pick(random: np.random.Generator, choices: list[str], weight: np.ndarray | None = None) -> list[str]:
    """Draw one chunk's worth of `choices`."""
    chosen = random.choice(len(choices), LINES_A_CHUNK, p=weight)
    return np.array(choices, dtype=object)[chosen].tolist()
