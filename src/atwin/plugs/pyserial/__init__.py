"""pyserial looks here for `protocol_SCHEME` modules."""
