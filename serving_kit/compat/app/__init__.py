"""What `paddle_serving_app` offers: readers, prediction in this process, and the vendor's models by name."""

from serving_kit.compat.app.catalogue import ServingModels

__all__ = ["ServingModels"]
