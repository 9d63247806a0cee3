"""One SparkContext for all tests, and servers on loopback that rank 0 starts once."""

import os
import pathlib
import subprocess
import sys

import pytest

PROGRAM = pathlib.Path(__file__).parents[1] / "programs" / "serve.py"


@pytest.fixture(scope="session")
def sc():
    from pympr import SparkContext

    return SparkContext.getOrCreate()


@pytest.fixture
def put(sc):
    """put(path, data): the file, written by rank 0 and there for all."""

    def write(path, data):
        if sc.rank == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        sc.range(1).count()
        return str(path)

    return write


def told(sc, value):
    """Rank 0's value on all ranks."""
    from pympr.collectives.broadcast import broadcast_object

    return broadcast_object(sc._session.world, value, 0)


class Server:
    """A process that serves as long as this one lives."""

    def __init__(self, kind, folder):
        command = [sys.executable, str(PROGRAM), kind, str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=20)


@pytest.fixture(scope="session")
def serve(sc, tmp_path_factory):
    """serve(kind): port and folder of a server of that kind, the same on all ranks."""
    servers, known = [], {}

    def start(kind):
        if kind not in known:
            place = None
            if sc.rank == 0:
                folder = tmp_path_factory.mktemp(kind)
                servers.append(Server(kind, folder))
                place = servers[-1].port, folder
            known[kind] = told(sc, place)
        return known[kind]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def web(serve):
    """web(kind): the folder of a web server and the address it has there."""
    pytest.importorskip("fsspec", reason="fsspec is not installed")
    pytest.importorskip("aiohttp", reason="aiohttp, which fsspec needs for http, is not installed")

    def start(kind):
        port, folder = serve(kind)
        return folder, f"http://127.0.0.1:{port}"

    return start


@pytest.fixture(scope="session")
def bucket(sc, serve):
    """The address of an empty bucket of an S3 server, s3://name."""
    pytest.importorskip("moto", reason="moto, the S3 server of these tests, is not installed")
    s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")
    port, _ = serve("s3")
    mine = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    before = {name: os.environ.get(name) for name in mine}
    os.environ.update(mine)
    if sc.rank == 0:
        s3fs.S3FileSystem().mkdir("data")
    sc.range(1).count()
    yield "s3://data"
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture(scope="session")
def ftp(serve):
    """The folder of an FTP server and the address it has there."""
    pytest.importorskip("fsspec", reason="fsspec is not installed")
    pytest.importorskip("pyftpdlib", reason="pyftpdlib, the FTP server of these tests, is not installed")
    port, folder = serve("ftp")
    return folder, f"ftp://user:word@127.0.0.1:{port}"
