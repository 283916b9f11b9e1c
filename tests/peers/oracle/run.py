"""Runs the oracle's scenarios in the official SDK: `run.py URL KEY [NAME…]`."""

import sys

import peer
from scenarios import *  # noqa: F403

peer.main(sys.argv[1], sys.argv[2], sys.argv[3:])
