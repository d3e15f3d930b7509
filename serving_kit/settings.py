"""What a user may set for every command, by `SERVING_KIT_*` environment variables."""

from functools import cache
from pathlib import Path

from platformdirs import user_cache_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of downloads, the cache and native trials.

    `mirrors` maps the start of a download address to its replacement and is written as JSON:
    `SERVING_KIT_MIRRORS='{"https://vendor.example/": "http://127.0.0.1:8000/"}'`.
    """

    model_config = SettingsConfigDict(env_prefix="SERVING_KIT_", extra="ignore")

    cache_dir: Path = Field(default_factory=lambda: user_cache_path("serving-kit"), description="downloads and models")
    host: str = Field(default="127.0.0.1", description="the address that pipelines listen on")
    mirrors: dict[str, str] = Field(default_factory=dict, description="address prefix to replacement, as JSON")
    connect_timeout_s: float = Field(default=5.0, gt=0, description="to reach a download server")
    read_timeout_s: float = Field(default=30.0, gt=0, description="between two parts of a download")
    download_attempts: int = Field(default=4, ge=1, description="before a download is given up")
    download_limit_bytes: int = Field(default=2 << 30, gt=0, description="largest file a download may become")
    trial_timeout_s: float = Field(default=120.0, gt=0, description="for a model's first run in a child process")


@cache
def settings() -> Settings:
    """Return the settings of this process, read once from the environment."""
    return Settings()
