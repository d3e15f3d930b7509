"""How one op runs, once its own arguments, its section of config.yml and the defaults are put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from serving_kit.errors import BadInput
from serving_kit.pipeline.config import Dag, LocalService, OpSettings, ShadowSettings, Source
from serving_kit.pipeline.op import Op

Configured = str | Sequence[str] | None


@dataclass(frozen=True)
class Remote:
    """Servers that an op asks: their endpoints, the protocol, and the client's configuration where it needs one."""

    endpoints: tuple[str, ...]
    protocol: str
    client_config: tuple[str, ...] = ()
    encryption_key: str = ""


@dataclass(frozen=True)
class Variant:
    """One of several that an op asks: the servers of `remote` or the model of `local`, by `weight`."""

    remote: Remote | None
    local: LocalService | None
    weight: float


@dataclass(frozen=True)
class Shadow:
    """What hears an op's requests beside the one who answers, and within which limits."""

    remote: Remote | None
    local: LocalService | None
    concurrency: int
    outstanding: int


@dataclass(frozen=True)
class Running:
    """`attempts` are made of what takes longer than `timeout_s`; a batch waits `wait_s` for more. `fetch` are aliases.

    An op asks the servers of `remote`, or the model of `local`, or one of `variants`, or none.
    """

    concurrency: int
    timeout_s: float | None
    attempts: int
    batch_size: int
    wait_s: float
    fetch: tuple[str, ...]
    remote: Remote | None
    local: LocalService | None
    variants: Mapping[str, Variant] = field(default_factory=dict)
    shadow: Shadow | None = None
    cache_bytes: int = 0

    @classmethod
    def of(cls, op: Op, settings: OpSettings, dag: Dag, *, alone: bool = False) -> "Running":
        """Put together what an op says of itself, what its section says, and the defaults; `alone` forbids batches."""
        timeout_ms = _first(op._timeout, settings.timeout, -1)
        wait_ms = _first(op._auto_batching_timeout, settings.auto_batching_timeout, -1)
        batch_size = 1 if alone else int(_first(op._batch_size, settings.batch_size, 1))
        endpoints = tuple(op._server_endpoints or settings.server_endpoints)
        if op._server_endpoints and settings.variants:
            raise BadInput(f"op {op.name!r} has server_endpoints and its section variants; keep one of them")
        protocol = op.client_type or settings.client_type or dag.client_type
        configured = op._client_config or settings.client_config
        local = None if endpoints else settings.local
        fetch = op._fetch_names or (local.fetch_list if local else ()) or settings.fetch_list
        return cls(
            concurrency=int(_first(op.concurrency, settings.concurrency, 1)),
            timeout_s=timeout_ms / 1e3 if timeout_ms > 0 else None,
            attempts=max(1, op._retry) if op._retry else settings.retry or dag.retry,
            batch_size=batch_size,
            wait_s=wait_ms / 1e3 if wait_ms > 0 and batch_size > 1 else 0.0,
            fetch=tuple(fetch),
            remote=_remote(endpoints, settings, protocol, configured),
            local=local,
            variants={
                name: Variant(_own(variant, protocol, configured), variant.local, variant.weight)
                for name, variant in settings.variants.items()
            },
            shadow=_shadow(settings.shadow, protocol, configured) if settings.shadow else None,
            cache_bytes=settings.cache_bytes,
        )


def _shadow(settings: ShadowSettings, protocol: str, configured: Configured) -> Shadow:
    remote = _own(settings, protocol, configured)
    return Shadow(remote, settings.local, settings.concurrency, settings.outstanding)


def _own(source: Source, protocol: str, configured: Configured) -> Remote | None:
    """Return the servers of a variant or a shadow, for which the op's own protocol and configuration stand in."""
    own = source.client_config or configured
    return _remote(source.server_endpoints, source, source.client_type or protocol, own)


def _remote(endpoints: Sequence[str], source: Source, protocol: str, configured: Configured) -> Remote | None:
    if not endpoints:
        return None
    key = source.encryption_key if source.use_encryption_model else ""
    names = (configured,) if isinstance(configured, str) else tuple(configured or ())
    return Remote(tuple(endpoints), protocol, names, key)


def _first(*values: float | None) -> float:
    return next(value for value in values if value is not None)
