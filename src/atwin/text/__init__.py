"""Text: what may be shown to a person of what others wrote, and what must not be written down."""

from atwin.text.mask import masked, masked_url
from atwin.text.shown import shown

__all__ = ["masked", "masked_url", "shown"]
