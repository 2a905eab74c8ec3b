"""What a recording tells of itself when it is taken in: format, tracks, makers' tags, signatures, and its packets."""

import hashlib
from typing import Any, BinaryIO

from av.stream import Stream

from bodycam_pipeline.media.container import opened_file

SIGNATURES = {
    bytes.fromhex("005bc93f2d715e95ada4796f90877a6f"): "ONVIF media signing",
    b"Signed Video...0": "Axis signed video",
}
"""UUIDs of the SEI message (type 5, ITU-T H.264 D.1.7) in which a camera signs what it recorded."""

_APPLE = "com.apple.quicktime."
_TAGS = ("creation_time", "make", "model", f"{_APPLE}make", f"{_APPLE}model", "location", "firmware")


def look_into(file: BinaryIO, name: str) -> dict[str, Any]:
    """Facts as the container states them, none of them believed; every packet of every track is read.

    Raises:
        UnreadableRecordingError: not a video that is read here.
        StorageError: the disk failed.
    """
    with opened_file(file, name) as container:
        digest, packets, signature = hashlib.sha256(), 0, None
        for packet in container.demux():
            if packet.size:
                content = bytes(packet)
                digest.update(f"{packet.stream_index} {packet.pts} {packet.dts} ".encode())
                digest.update(hashlib.sha256(content).digest())
                packets += 1
                signature = signature or _signature(content)
        return {
            "format": container.format.name,
            "tracks": [_track(stream) for stream in container.streams],
            "seconds_from_header": round(container.duration / 1_000_000, 3) if container.duration else None,
            "tags": {tag: container.metadata[tag] for tag in _TAGS if tag in container.metadata},
            "packets": packets,
            "packets_sha256": digest.hexdigest(),
            "signature": signature,
        }


def _track(stream: Stream) -> str:
    codec = stream.codec_context
    return f"{stream.type} {codec.name if codec else 'unknown'}"


def _signature(packet: bytes) -> str | None:
    return next((scheme for uuid, scheme in SIGNATURES.items() if uuid in packet), None)
