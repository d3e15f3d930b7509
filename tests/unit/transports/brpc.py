"""Questions to the linear model over baidu_std, and a connection that asks them."""

from collections.abc import Sequence

import numpy as np

from serving_kit.codecs.baidu_std import Frame, FrameReader, encode_frame, request_meta
from serving_kit.codecs.general_message import FULL_SERVICE, decode_response, encode_request
from serving_kit.types import ElementType, InferRequest, NamedTensor, Tensor
from tests.unit.transports.wire import Wire


def request_body(value: float, *, rows: int = 1, fetch: Sequence[str] = (), log_id: int = 0) -> bytes:
    """A Request for prices of 13 times `value`."""
    x = NamedTensor("x", Tensor(np.full((rows, 13), value, np.float32)), "", ElementType.FP32)
    return encode_request(InferRequest((x,), tuple(fetch), log_id))


def call(value: float, correlation_id: int = 1, *, method: str = "inference", service: str = FULL_SERVICE) -> bytes:
    """A frame that asks for the price of 13 times `value`."""
    return encode_frame(request_meta(service, method, correlation_id), request_body(value))


class BrpcWire(Wire):
    """One connection that reads frames."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        super().__init__(port, host)
        self._frames = FrameReader(1 << 30)
        self._read: list[Frame] = []

    def frame(self) -> Frame:
        """Read the next answer."""
        return self.frames(1)[0]

    def frames(self, count: int) -> list[Frame]:
        """Read so many answers."""
        while len(self._read) < count:
            self._read += self._frames.feed(self.one_read())
        found, self._read = self._read[:count], self._read[count:]
        return found

    def answered(self) -> float:
        """Read an answer and return its price."""
        frame = self.frame()
        assert frame.meta.response.error_code == 0, frame.meta.response.error_text
        assert frame.payload is not None
        return decode_response(frame.payload).outputs[0].tensors[0].tensor.array.item()

    def price(self, value: float) -> float:
        """Ask and return the answer."""
        self.send(call(value))
        return self.answered()
