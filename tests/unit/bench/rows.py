"""Rows that were never measured, for tests."""

from datetime import UTC, datetime
from typing import Any

from serving_kit.bench import Machine, Row

MACHINE = Machine(cpu="Test CPU", cores=2)


def made_up(slug: str = "uci-housing", **changes: Any) -> Row:
    fields: dict[str, Any] = {
        "slug": slug,
        "provenance": "registry",
        "engine": "paddle+onednn",
        "threads": 4,
        "concurrency": 1,
        "requests": 200,
        "errors": 0,
        "p50_ms": 1.5,
        "p95_ms": 2.25,
        "p99_ms": 4.0,
        "requests_per_s": 1234.5,
        "machine": MACHINE,
        "versions": {"numpy": "1.26.4"},
        "at": datetime(2026, 1, 2, tzinfo=UTC),
    }
    return Row(**(fields | changes))
