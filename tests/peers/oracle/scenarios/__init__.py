from . import faults, rest, sampling, service, training  # noqa: F401
