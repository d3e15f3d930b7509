"""Put this folder on the path, for the stand-in models that several packages' tests serve."""

from hypothesis import settings

# A busy machine is no failure: nothing here is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
