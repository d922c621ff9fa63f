"""Builds on a cluster by Dask: sent to workers whose resources name their device, and returned through the store.

Dask and its libraries are an extra of longcon, loaded where a cluster is asked for and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from longcon.builds.cluster.address import require_address
from longcon.errors import ClusterError

if TYPE_CHECKING:
    from longcon.builds.cluster.cluster import Cluster

# Without a worker for so many seconds a build is given up; a batch system may take as long to start another.
PATIENCE = 60.0


def connect(address: str, *, patience: float = PATIENCE) -> Cluster:
    """Returns a cluster whose workers were seen to run the same code with the same libraries as this process.

    Args:
        address: of the scheduler, e.g. ``"tcp://node-1:8786"``.
        patience: seconds for which a build waits for a worker when the last one that offered its device has gone.

    Raises:
        ClusterError: the address is none, no scheduler answers there, it has no worker that offers a device, a worker
            cannot train what this process would, or the extra is not installed.
    """
    require_address(address)
    try:
        import dask  # noqa: F401, PLC0415 - an extra of longcon, and slow to load
        import distributed  # noqa: F401, PLC0415
    except ImportError as error:
        raise ClusterError(
            f'--cluster needs the library distributed, but {error.name} is missing: pip install "longcon[cluster]".'
        ) from None
    from longcon.builds.cluster.cluster import Cluster  # noqa: PLC0415

    return Cluster(address, patience)


__all__ = ["PATIENCE", "connect"]
