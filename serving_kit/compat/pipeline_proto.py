"""What `paddle_serving_server.pipeline.proto` offers: the messages of a pipeline."""

from serving_kit.codecs import pipeline_service_pb2

__all__ = ["pipeline_service_pb2"]
