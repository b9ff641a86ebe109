"""Engines: each turns the operations of a circuit into amplitudes, one file an engine."""
