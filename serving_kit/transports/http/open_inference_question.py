"""`/v2/models/MODEL/infer`: one model asked by the Open Inference Protocol, in JSON or with binary tensors."""

from collections.abc import Mapping
from functools import partial

from serving_kit.codecs.compression import Compression, compress
from serving_kit.codecs.open_inference import DecodedRequest
from serving_kit.codecs.open_inference_form import Forms
from serving_kit.codecs.open_inference_writing import encode_response
from serving_kit.errors import BadInput, ServingKitError
from serving_kit.service.service import Service
from serving_kit.transports import open_inference as documents
from serving_kit.transports.http.answer import Answer
from serving_kit.transports.http.body import COMPRESS_FROM_BYTES
from serving_kit.transports.http.question import Encode, ModelQuestion
from serving_kit.transports.http.status import render_json
from serving_kit.types import Body, InferRequest, InferResponse

HEADER_LENGTH = "inference-header-content-length"


class OpenInferenceQuestion(ModelQuestion):
    """A request to one model, answered in JSON or binary as it asks."""

    def __init__(
        self, service: Service, path: str, headers: Mapping[str, str], model: str, version: str | None = None
    ) -> None:
        super().__init__(service, path, headers)
        self._model = model
        self._version = version
        self._forms = Forms()
        length = headers.get(HEADER_LENGTH)
        is_number = length is not None and length.isascii() and length.isdigit() and len(length) < 16
        self._wrong_length = None if is_number else length
        self._header_length = int(length) if length and is_number else None
        accepted = headers.get("accept-encoding", "").lower()
        self._encoding = next((encoding for encoding in ("gzip", "deflate") if encoding in accepted), None)

    def check(self) -> None:
        """Refuse a model that there is not, or a header length that is none."""
        documents.find_model(self.service, self._model, self._version)
        wrong = self._wrong_length
        if wrong is not None:
            raise BadInput(f"Inference-Header-Content-Length must be a number of bytes, got {wrong[:40]!r}")

    @property
    def model_name(self) -> str:
        """The model of the path."""
        return self._model

    def decode(self, body: Body) -> tuple[str | None, InferRequest, Encode]:
        """Read a request to the model."""
        self.check()
        decoded = self._forms.decode(body, self._header_length)
        return self._model, decoded.infer, partial(self._written, decoded)

    def refuse(self, error: ServingKitError) -> Answer:
        """Answer `{"error": text}`."""
        return render_json(error)

    def _written(self, decoded: DecodedRequest, response: InferResponse) -> Answer:
        content, header_length = encode_response(
            self._model,
            documents.outputs_of(decoded.infer, response),
            request_id=decoded.request_id,
            is_binary=decoded.is_binary,
        )
        headers = {} if header_length is None else {HEADER_LENGTH: str(header_length)}
        media_type = "application/json" if header_length is None else "application/octet-stream"
        if self._encoding and len(content) >= COMPRESS_FROM_BYTES:
            headers["content-encoding"] = self._encoding
            content = compress(content, Compression.GZIP if self._encoding == "gzip" else Compression.ZLIB)
        return Answer(content, headers=headers, media_type=media_type)
