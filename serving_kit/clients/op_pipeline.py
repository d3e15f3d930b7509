"""Another pipeline, asked by an op of this one."""

from collections.abc import Mapping, Sequence
from typing import Any

from serving_kit.clients.pipeline_client import PipelineClient
from serving_kit.codecs.pipeline_code import PipelineError


class PipelineOpClient:
    """Asks pipeline servers in turn."""

    def __init__(self, endpoints: Sequence[str], timeout_s: float) -> None:
        self._client = PipelineClient()
        self._client.connect(endpoints, timeout_s)

    def predict(
        self,
        feed: Mapping[str, Any],
        fetch: Sequence[str] | None = None,
        batch: bool = True,  # noqa: ARG002 - the other pipeline's ops know their batches
        log_id: int = 0,
    ) -> dict[str, list[str]]:
        """Return each of the pipeline's values as a list with its text, which is how ops of Paddle Serving read them.

        Arrays of the feed go as text. PipelineError has the number and the text of an answer that is an error.
        """
        response = self._client.predict(feed, fetch, log_id=log_id)
        if response.err_no:
            raise PipelineError(response.err_no, response.err_msg)
        return {name: [text] for name, text in zip(response.key, response.value, strict=False)}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
