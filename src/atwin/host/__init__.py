"""The host (TE) side: drive a module and bring whole files through it."""
