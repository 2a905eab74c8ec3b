"""The syntax of H.264: NAL units, parameter sets, and what of them may be copied. No PyAV."""
