"""Put this folder on the path, for the stand-in models that several packages' tests serve."""
