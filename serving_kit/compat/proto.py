"""What `paddle_serving_server.proto` and `paddle_serving_client.proto` offer: the messages of a model's configuration."""

from serving_kit.codecs import general_model_config_pb2

__all__ = ["general_model_config_pb2"]
