"""Training whose bits are the same on every device: one correctly rounded operation at a time, in a fixed order."""

from longcon.training.portable.model import portable_layers
from longcon.training.portable.trainer import PortableTrainer

__all__ = ["PortableTrainer", "portable_layers"]
