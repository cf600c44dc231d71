"""layergym's environments for Python, and agents written in Python for layergym."""

from ._connection import LayergymError
from ._frames import ProtocolError
from ._spaces import flatten_batch
from .agent import Agent, Decisions, Trajectory
from .env import LayergymEnv
from .registration import register, register_shipped
from .vector import LayergymVectorEnv

__all__ = [
    "Agent",
    "Decisions",
    "LayergymEnv",
    "LayergymError",
    "LayergymVectorEnv",
    "ProtocolError",
    "Trajectory",
    "flatten_batch",
    "register",
]

register_shipped()
