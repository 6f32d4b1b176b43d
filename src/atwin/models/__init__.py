"""Module profiles: what differs between the models, as data."""

from atwin.models.loading import MODELS, load_profile
from atwin.models.profile import CHOICES, WORDS, Profile, UnknownModelError

__all__ = ["CHOICES", "MODELS", "WORDS", "Profile", "UnknownModelError", "load_profile"]
