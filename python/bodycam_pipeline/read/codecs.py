"""What may be opened: formats and codecs of real recorders, by FFmpeg's names, and nothing else that FFmpeg can do."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


FORMATS = _names(
    "mov mp4 m4a 3gp 3g2 mj2 matroska webm avi mpegts mpeg mpegvideo h264 hevc m4v mjpeg asf flv dv mxf ivf obu dhav"
)
"""Demuxers. Playlists (hls, dash, concat), image sequences and devices would open other files."""

PICTURE_CODECS = _names(
    "h264 hevc mpeg4 msmpeg4 mpeg2video mpeg1video mjpeg h263 vp8 vp9 libdav1d wmv1 wmv2 wmv3 vc1 prores "
    "dvvideo flv dnxhd"
)
"""Decoders that recorders need, each of them fuzzed continuously by its makers."""

SOUND_CODECS = _names(
    "aac aac_latm ac3 eac3 mp1 mp1float mp2 mp2float mp3 mp3float opus libopus vorbis flac alac amrnb amrwb wmav1 "
    "wmav2 wmapro adpcm_ima_wav adpcm_ima_qt adpcm_ms g726 gsm_ms pcm_alaw pcm_mulaw pcm_s8 pcm_u8 pcm_s16le pcm_s16be "
    "pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_f32be pcm_f64le pcm_f64be pcm_bluray pcm_dvd "
    "pcm_s16le_planar dca truehd mlp g722 g723_1 g726le g729 speex wavpack tta nellymoser adpcm_swf adpcm_yamaha "
    "adpcm_ima_amv adpcm_ima_apc wmavoice qcelp evrc s302m"
)
"""Decoders of the sound that comes with them."""

_SPOKEN = {
    "libdav1d": "av1",
    "mp1float": "mp1",
    "mp2float": "mp2",
    "mp3float": "mp3",
    "libopus": "opus",
    "dca": "dts",
    "dvvideo": "dv",
}


def spoken_codec(decoder: str) -> str:
    """The codec's own name, where FFmpeg's decoder has another."""
    return _SPOKEN.get(decoder, decoder)
