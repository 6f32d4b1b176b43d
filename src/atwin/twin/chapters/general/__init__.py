"""Commands about the module itself: identity, settings, clock, sleep."""
