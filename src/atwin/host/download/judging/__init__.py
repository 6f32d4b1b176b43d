"""What a response may become, given what is known of the entity."""
