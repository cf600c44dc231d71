"""layergym's environments for Python, and agents written in Python for layergym."""

from ._connection import LayergymError
from ._frames import ProtocolError
from .env import LayergymEnv
from .registration import register, register_shipped
from .vector import LayergymVectorEnv

__all__ = ["LayergymEnv", "LayergymError", "LayergymVectorEnv", "ProtocolError", "register"]

register_shipped()
