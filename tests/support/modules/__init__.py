"""Modules: scripted ones, odd ones, and twins made ready for a test."""
