"""Stream copy: spans of whole GOPs from the recording, their slices and nothing else, bit for bit."""

from collections.abc import Mapping

from bodycam_pipeline.h264.avc import sample
from bodycam_pipeline.h264.copying import Joining
from bodycam_pipeline.mp4.samples import CodedSpan, Sample
from bodycam_pipeline.read.decode import read_units
from bodycam_pipeline.values.recording import PacketIndex, VideoFacts


def stream_copy(
    address: str, video: VideoFacts, packets: PacketIndex, joining: Joining, digests: Mapping[int, bytes]
) -> CodedSpan:
    """Packets that a release may hold as they are, as samples.

    Args:
        address: The recording.
        video: Its video track.
        packets: Whole GOPs, every packet of which is copyable.
        joining: How they stand in the release's track.
        digests: What each frame of the recording decodes to, by its pts.

    Raises:
        UnreadableRecordingError: while samples are taken: the file no longer holds these packets.
    """
    samples = (
        Sample(pts, sample(units), digests[pts])
        for pts, units in zip(packets.pts.tolist(), read_units(address, video, packets), strict=True)
    )
    return CodedSpan(joining.sets, samples)
