from . import faults, newer, rest, sampling, service, training  # noqa: F401
