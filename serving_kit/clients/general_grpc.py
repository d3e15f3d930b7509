"""Paddle Serving's GeneralModelService over gRPC, message in, message out."""

from serving_kit.clients.address import Address
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.grpc_call import channel_options, grpc_library, told
from serving_kit.codecs.general_message import FULL_SERVICE, METHODS
from serving_kit.codecs.general_model_service_pb2 import Request, Response


class GeneralGrpc:
    """A server at a host and port, without TLS; Unsupported where grpcio is missing."""

    def __init__(self, host: str, port: int, limit_bytes: int) -> None:
        self._who = str(Address(host, port))
        self._grpc = grpc_library()
        self._channel = self._grpc.insecure_channel(f"dns:///{self._who}", channel_options(host, limit_bytes))
        self._infer = self._channel.unary_unary(
            f"/{FULL_SERVICE}/{METHODS[0]}", Request.SerializeToString, Response.FromString
        )

    def infer(self, request: Request, deadline: Deadline) -> Response:
        """Return the response; raises the package's errors, Refused where no server listens."""
        try:
            response: Response = self._infer(request, timeout=deadline.left_s(self._who))
        except self._grpc.RpcError as error:
            raise told(error, self._who, deadline) from None
        return response

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()
