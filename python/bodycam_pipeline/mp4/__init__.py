"""Write the released file: encode spans or carry them over, join them, box by box."""
