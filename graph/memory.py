"""How much memory this process may count on."""

from pathlib import Path

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_TOTAL = "/proc/meminfo"
_FALLBACK_MB = 4096


def memory_mb() -> int:
    """The memory of this machine or of the container around us, whichever is less, in megabytes."""
    limits = [number for number in map(_limit_mb, _LIMITS) if number]
    return min([_machine_mb(), *limits])


def _limit_mb(path: str) -> int | None:
    try:
        text = Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) >> 20 if text.isdigit() else None  # "max": no limit


def _machine_mb() -> int:
    try:
        lines = Path(_TOTAL).read_text(encoding="ascii").splitlines()
    except OSError:
        return _FALLBACK_MB  # not Linux
    for line in lines:
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) >> 10
    return _FALLBACK_MB
