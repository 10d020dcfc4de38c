"""The version of Anomaly Compare, here because every package may import from this one."""

VERSION = "0.1.0"
