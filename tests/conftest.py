"""Settings that hold for every test."""

import os

from hypothesis import HealthCheck, settings

# Chance is the same at every run: what fails here fails everywhere. `make check` tries fewer cases.
settings.register_profile(
    "thorough",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("quick", settings.get_profile("thorough"), max_examples=15)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "thorough"))
