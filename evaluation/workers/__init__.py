"""Executors that run units of work in other processes, of this machine or of a cluster."""
