"""How one op runs, once its own arguments, its section of config.yml and the defaults are put together."""

from dataclasses import dataclass

from serving_kit.pipeline.config import Dag, LocalService, OpSettings
from serving_kit.pipeline.op import Op


@dataclass(frozen=True)
class Remote:
    """Servers that an op asks: their endpoints, the protocol, and the client's configuration where it needs one."""

    endpoints: tuple[str, ...]
    protocol: str
    client_config: tuple[str, ...] = ()
    encryption_key: str = ""


@dataclass(frozen=True)
class Running:
    """`attempts` are made of what takes longer than `timeout_s`; a batch waits `wait_s` for more. `fetch` are aliases.

    An op asks the servers of `remote`, or the model of `local`, or none.
    """

    concurrency: int
    timeout_s: float | None
    attempts: int
    batch_size: int
    wait_s: float
    fetch: tuple[str, ...]
    remote: Remote | None
    local: LocalService | None

    @classmethod
    def of(cls, op: Op, settings: OpSettings, dag: Dag, *, alone: bool = False) -> "Running":
        """Put together what an op says of itself, what its section says, and the defaults; `alone` forbids batches."""
        timeout_ms = _first(op._timeout, settings.timeout, -1)
        wait_ms = _first(op._auto_batching_timeout, settings.auto_batching_timeout, -1)
        batch_size = 1 if alone else int(_first(op._batch_size, settings.batch_size, 1))
        endpoints = tuple(op._server_endpoints or settings.server_endpoints)
        local = None if endpoints else settings.local_service_conf
        fetch = op._fetch_names or (local.fetch_list if local else ()) or settings.fetch_list
        return cls(
            concurrency=int(_first(op.concurrency, settings.concurrency, 1)),
            timeout_s=timeout_ms / 1e3 if timeout_ms > 0 else None,
            attempts=max(1, op._retry) if op._retry else settings.retry or dag.retry,
            batch_size=batch_size,
            wait_s=wait_ms / 1e3 if wait_ms > 0 and batch_size > 1 else 0.0,
            fetch=tuple(fetch),
            remote=_remote(op, settings, dag, endpoints) if endpoints else None,
            local=local,
        )


def _remote(op: Op, settings: OpSettings, dag: Dag, endpoints: tuple[str, ...]) -> Remote:
    configured = op._client_config or settings.client_config or ()
    key = settings.encryption_key if settings.use_encryption_model else ""
    protocol = op.client_type or settings.client_type or dag.client_type
    return Remote(endpoints, protocol, (configured,) if isinstance(configured, str) else tuple(configured), key)


def _first(*values: float | None) -> float:
    return next(value for value in values if value is not None)
