"""Which rows an event changes. Pure."""

from polycopy.projector.core.orders import State
from polycopy.projector.core.project import Poison, fold, initial, project

__all__ = ["Poison", "State", "fold", "initial", "project"]
