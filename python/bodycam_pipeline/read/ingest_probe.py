"""What a recording tells of itself when it is taken in: format, tracks, makers' tags, and signatures."""

from itertools import islice
from typing import BinaryIO

from av.stream import Stream

from bodycam_pipeline.read.claims import refuse_bomb
from bodycam_pipeline.read.codecs import spoken_codec
from bodycam_pipeline.read.container import open_container_file
from bodycam_pipeline.values.headers import Headers

SIGNATURES = {
    bytes.fromhex("005bc93f2d715e95ada4796f90877a6f"): "ONVIF media signing",
    b"Signed Video...0": "Axis signed video",
}
"""UUIDs of the SEI message (type 5, ITU-T H.264 D.1.7) in which a camera signs what it recorded."""

_APPLE = "com.apple.quicktime."
_TAGS = ("creation_time", "make", "model", f"{_APPLE}make", f"{_APPLE}model", "location", "firmware")


PACKETS = 600
"""Looked at for a signature: ten seconds of picture and sound. Cameras that sign do so in every GOP; reading on would
cost as much as sealing, and the job that redacts reads, and hashes, every packet anyway."""


def look_into(file: BinaryIO, name: str) -> Headers:
    """Facts as the container states them, none of them believed; reads its headers and its first packets.

    Raises:
        UnreadableRecordingError: not a video that is read here.
        StorageError: the disk failed.
    """
    refuse_bomb(file, name)
    with open_container_file(file, name) as container:
        first = (bytes(packet) for packet in islice(container.demux(), PACKETS) if packet.size)
        return Headers(
            signature=next(filter(None, map(_signature, first)), None),
            format=container.format.name,
            tracks=tuple(_track(stream) for stream in container.streams),
            seconds_from_header=round(container.duration / 1_000_000, 3) if container.duration else None,
            tags={tag: container.metadata[tag] for tag in _TAGS if tag in container.metadata},
        )


def _track(stream: Stream) -> str:
    codec = stream.codec_context
    listed = f", {stream.frames} listed" if stream.frames else ""
    return f"{stream.type} {spoken_codec(codec.name) if codec else 'of unknown kind'}{listed}"


def _signature(packet: bytes) -> str | None:
    return next((scheme for uuid, scheme in SIGNATURES.items() if uuid in packet), None)
