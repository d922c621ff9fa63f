"""longcon: will a rebuilt neural-network classifier still make the same calls?"""

__version__ = "0.1.0"
