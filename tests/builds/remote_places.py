"""Places behind URLs: in memory, on a server of SFTP, and in an object store."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec

from tests.builds.sftp_server import PASSWORD, sftp_server

KINDS = ("memory", "sftp", "s3")
LOOK = "look at the address, your rights there and the network, or give another --store."


@contextmanager
def place_of(kind: str, folder: Path) -> Iterator[str]:
    """Opens an empty place and gives its URL."""
    if kind == "memory":
        yield f"memory://{uuid.uuid4().hex}/builds-of-ours"
    elif kind == "sftp":
        with sftp_server(folder) as port:
            yield f"sftp://anna:{PASSWORD}@127.0.0.1:{port}/lab"
    else:
        with _bucket() as name:
            yield f"s3://{name}/lab"


@contextmanager
def _bucket() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    former = dict(fsspec.config.conf)
    fsspec.config.conf["s3"] = {
        "endpoint_url": f"http://{host}:{port}",
        "key": "anna",
        "secret": "open-sesame",
    }
    try:
        name = f"b{uuid.uuid4().hex}"
        fsspec.filesystem("s3").mkdir(name)
        yield name
    finally:
        fsspec.config.conf.clear()
        fsspec.config.conf.update(former)
        server.stop()


def objects(url: str) -> dict[str, bytes]:
    """Returns what lies behind a URL, hidden or not, by its name below that."""
    files, root = fsspec.core.url_to_fs(url)
    files.invalidate_cache()
    root = root.rstrip("/")
    found = files.find(root) if files.exists(root) else []
    return {path[len(root) + 1 :]: files.cat_file(path) for path in found}


def write_object(url: str, name: str, content: bytes) -> None:
    """Writes an object below a URL, over one that is there, as somebody else would."""
    files, root = fsspec.core.url_to_fs(url)
    path = f"{root.rstrip('/')}/{name}"
    if files.protocol not in ("s3", ("s3", "s3a")):
        files.makedirs(path.rpartition("/")[0], exist_ok=True)
    with files.open(path, "wb") as file:
        file.write(content)
