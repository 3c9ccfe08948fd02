"""An S3 server of our own on the loopback address, with one bucket."""

import os
import urllib.request
from contextlib import contextmanager

BUCKET = "recordings"


@contextmanager
def object_store():
    """The bucket as a UPath. The environment names the server while the context lasts, for child processes, too."""
    from moto.server import ThreadedMotoServer
    from upath import UPath

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1",
    }  # fmt: skip
    reset = urllib.request.Request(f"{settings['AWS_ENDPOINT_URL']}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).close()  # an earlier server of this process had a bucket of this name
    before = dict(os.environ)
    os.environ.update(settings)
    bucket = UPath(f"s3://{BUCKET}", use_listings_cache=False)
    try:
        bucket.fs.mkdir(BUCKET)
        yield bucket
    finally:
        os.environ.clear()
        os.environ.update(before)
        type(bucket.fs).clear_instance_cache()
        server.stop()
