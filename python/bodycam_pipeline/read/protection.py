"""Recognise recordings whose samples are encrypted, before anything tries to decode noise."""

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from bodycam_pipeline.schemes import open_recording, place
from bodycam_pipeline.values.errors import EncryptedRecordingError

_ASF_CONTENT_ENCRYPTION = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e")
_ASF_EXTENDED_CONTENT_ENCRYPTION = bytes.fromhex("14e68a292226174cb935dae07ee9289c")
"""GUIDs of the header objects of protected ASF files (ASF specification, 3.14 and 3.15)."""

_HEADER_BYTES = 1 << 16

_ENCRYPTED_TAG = "encv"
"""Sample entry of encrypted pictures, ISO/IEC 14496-12, 8.12."""


def refuse_encrypted(container: InputContainer, stream: VideoStream, address: str) -> None:
    """Refuse a recording whose headers say that it is encrypted.

    Raises:
        EncryptedRecordingError: they do.
    """
    if _tag(stream) == _ENCRYPTED_TAG or "enc_key_id" in stream.metadata or _asf_protected(container, address):
        raise _encrypted(address)


def refuse_encrypted_packet(packet: "Packet[VideoStream]", address: str) -> None:
    """Refuse by what a packet carries.

    Raises:
        EncryptedRecordingError: it comes with the data that a decryptor needs.
    """
    if packet.has_sidedata("encryption_info") or packet.has_sidedata("encryption_init_info"):
        raise _encrypted(address)


def _tag(stream: VideoStream) -> str:
    try:
        return stream.codec_context.codec_tag
    except UnicodeDecodeError:  # tags are bytes; only PyAV takes them for ASCII
        return ""


def _asf_protected(container: InputContainer, address: str) -> bool:
    if "asf" not in container.format.name:
        return False
    with open_recording(address) as file:
        header = file.read(_HEADER_BYTES)
    return _ASF_CONTENT_ENCRYPTION in header or _ASF_EXTENDED_CONTENT_ENCRYPTION in header


def _encrypted(address: str) -> EncryptedRecordingError:
    return EncryptedRecordingError(
        "the recording is encrypted",
        remedy="Export it unencrypted from the evidence system that holds its key.",
        where=place(address),
    )
