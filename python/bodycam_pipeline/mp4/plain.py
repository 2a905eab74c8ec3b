"""A recording cut, decoded, or decoded and encoded again, and nothing else: what the product is measured against."""

import sys
from pathlib import Path

import av


def count_frames(path: Path) -> int:
    """Decode every frame of the video and count them."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def excerpt(path: Path, target: Path, frames: int) -> Path:
    """Copy the first GOPs of the video, as they are, until there are so many frames; returns the target."""
    with av.open(str(path)) as source, av.open(str(target), "w") as sink:
        first = source.streams.video[0]
        copy, count = sink.add_stream_from_template(first), 0
        for packet in source.demux(first):
            if packet.dts is None or (packet.is_keyframe and count >= frames):
                break
            packet.stream, count = copy, count + 1
            sink.mux(packet)
    return target


def transcode(path: Path, target: Path, preset: str, crf: int) -> None:
    """Decode and encode again with x264, without sound."""
    with av.open(str(path)) as source, av.open(str(target), "w") as sink:
        first = source.streams.video[0]
        encoder = sink.add_stream("libx264", rate=first.average_rate)
        encoder.width, encoder.height, encoder.pix_fmt = first.width, first.height, "yuv420p"
        encoder.options = {"preset": preset, "crf": str(crf)}
        if first.time_base:
            encoder.codec_context.time_base = first.time_base
        for frame in source.decode(first):
            sink.mux(encoder.encode(frame))
        sink.mux(encoder.encode(None))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        count_frames(Path(sys.argv[1]))
    else:
        transcode(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
