"""A server on loopback: serve.py KIND FOLDER. Prints its port, ends with its standard input.

KIND is `s3` (moto's S3, empty), `ftp` (pyftpdlib's server over FOLDER), `ranges` or
`whole`: a web server over FOLDER that honours byte ranges, or as Python's own does
not. The web servers append "METHOD PATH RANGE" to FOLDER/.requests for each request.
"""

import http.server
import logging
import os
import re
import sys
import threading


class Whole(http.server.SimpleHTTPRequestHandler):
    """Python's handler, which gives whole files."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.note()
        super().do_GET()

    def note(self):
        with open(os.path.join(self.directory, ".requests"), "a") as log:
            log.write(f"{self.command} {self.path} {self.headers.get('Range', '')}\n")

    def log_message(self, *unused):
        pass


class Ranges(Whole):
    """Gives the bytes that are asked for, with status 206."""

    def do_GET(self):
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        path = self.translate_path(self.path)
        if asked is None or not os.path.isfile(path):
            return super().do_GET()
        self.note()
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            begin, end = int(asked[1]), min(int(asked[2]) + 1, size)
            file.seek(begin)
            data = file.read(max(end - begin, 0))
        self.send_response(206 if begin < size else 416)
        self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{size}" if begin < size else f"bytes */{size}")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        return None


def start_web(handler, folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *arguments: handler(*arguments, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def start_ftp(folder):
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import ThreadedFTPServer

    class Handler(FTPHandler):
        authorizer = DummyAuthorizer()

    Handler.authorizer.add_user("user", "word", folder, perm="elradfmwMT")
    logging.disable()
    server = ThreadedFTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.address[1]


def start_s3():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return server.get_host_and_port()[1]


if __name__ == "__main__":
    kind, folder = sys.argv[1:]
    starts = {"s3": start_s3, "ftp": lambda: start_ftp(folder)}
    port = starts[kind]() if kind in starts else start_web({"ranges": Ranges, "whole": Whole}[kind], folder)
    print(port, flush=True)
    sys.stdin.read()
    os._exit(0)
