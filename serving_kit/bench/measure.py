"""How long a served model takes to answer, as its clients see it."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Protocol

import numpy as np

from serving_kit.bench.row import Machine, Row, versions
from serving_kit.errors import BadInput, ServingKitError
from serving_kit.spec import Provenance


class Predictor(Protocol):
    """What is measured; the client that `serving_kit.connect` returns is one."""

    def predict(self, feeds: Mapping[str, Any], /) -> object:
        """Ask once; raise a ServingKitError where there is no answer."""
        ...

    def metadata(self) -> Mapping[str, Any]:
        """Return the model's name and, under `parameters`, its provenance, engine and threads."""
        ...


def measure(
    client: Predictor,
    feeds: Mapping[str, Any],
    *,
    requests: int = 200,
    concurrency: int = 1,
    warmup: int = 10,
    note: str = "",
) -> Row:
    """Send `feeds` `requests` times from `concurrency` threads that share the client, and return what was seen.

    `warmup` requests go before, uncounted; what they raise is raised. Later errors are counted in the row, and the
    last one is raised where no request was answered. `note` says what this run varied.
    """
    if min(requests, concurrency) < 1 or warmup < 0:
        raise BadInput(
            f"requests and concurrency must be at least 1, warmup 0; got {requests}, {concurrency}, {warmup}"
        )
    about = client.metadata()
    for _ in range(warmup):
        client.predict(feeds)

    def ask(_: int) -> float | ServingKitError:
        start = time.perf_counter()
        try:
            client.predict(feeds)
        except ServingKitError as error:
            return error
        return time.perf_counter() - start

    with ThreadPoolExecutor(concurrency) as pool:
        start = time.perf_counter()
        outcomes = list(pool.map(ask, range(requests)))
        took_s = time.perf_counter() - start
    latencies_ms = [outcome * 1e3 for outcome in outcomes if isinstance(outcome, float)]
    errors = [outcome for outcome in outcomes if isinstance(outcome, ServingKitError)]
    if not latencies_ms:
        raise errors[-1]
    p50, p95, p99 = np.percentile(latencies_ms, (50, 95, 99)).tolist()
    extras = about.get("parameters", {})
    return Row(
        slug=about["name"],
        provenance=extras.get("provenance", Provenance.UNKNOWN),
        engine=extras.get("engine", "unknown"),
        threads=extras.get("threads"),
        concurrency=concurrency,
        note=note,
        requests=requests,
        errors=len(errors),
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        requests_per_s=len(latencies_ms) / took_s,
        machine=Machine.here(),
        versions=versions(),
        at=datetime.now(UTC),
    )
