"""Module profiles: what differs between the models, as data."""

from atwin.models.profile import MODELS, Profile, Quirks, UnknownModelError, load_profile

__all__ = ["MODELS", "Profile", "Quirks", "UnknownModelError", "load_profile"]
